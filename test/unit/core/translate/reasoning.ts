// Reasoning that comes as parts of the content, and models that demand some from conversations that others have begun.
import t from 'tap';
import { judgeModel } from '../../../../sim/openai-models.ts';
import { parseChat } from '../../../../sim/openai-request.ts';
import type { JsonObject } from '../../../../src/core/translate/translation.ts';
import { answered, chunk, sent, streamed } from '../../../fixtures/responses.ts';
import {
  conversation,
  eventsOf,
  matchEach,
  chunk as messagesChunk,
  open,
  readBySdk,
} from './messages_chat/fixtures/translate.ts';

const thinking = (text: string) => ({ type: 'thinking', thinking: [{ type: 'text', text }] });
const text = (said: string) => ({ type: 'text', text: said });
const LIST = [thinking('Let me see.'), text('Hello'), text(' there')];
const DELTAS = [[thinking('Let me ')], [thinking('see.')], 'Hello', [text(' there')]];

const MESSAGE = [
  { type: 'thinking', thinking: 'Let me see.' },
  { type: 'text', text: 'Hello there' },
];
const OUTPUT = [
  { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Let me see.' }] },
  { type: 'message', content: [{ type: 'output_text', text: 'Hello there' }] },
];

t.test('messages: content that is a list, in a document and in a stream', async (t) => {
  const document = open().answer.document({
    choices: [{ message: { role: 'assistant', content: LIST }, finish_reason: 'stop' }],
  });
  matchEach(t, document.content, MESSAGE);
  const events = eventsOf([
    ...DELTAS.map((content) => messagesChunk({ content })),
    messagesChunk({ content: [7, null, { type: 'reference' }, { type: 'thinking', thinking: 9 }] }, 'stop'),
  ]);
  matchEach(t, (await readBySdk(events)).content, MESSAGE);
});

t.test('responses: content that is a list, in a document and in a stream', async (t) => {
  const output = (events: readonly JsonObject[]) => (events.at(-1)!.response as JsonObject).output;
  t.match(answered({ role: 'assistant', content: LIST }).output, OUTPUT);
  t.match(output(streamed(DELTAS.map((content) => chunk({ content })))), OUTPUT);
});

t.test('such thinking goes back where it came from', async (t) => {
  const back = [thinking('Let me see.'), text('Hello there')];
  const { content } = open().answer.document({ choices: [{ message: { content: LIST } }] });
  const messages = [
    { role: 'user', content: 'x' },
    { role: 'assistant', content },
    { role: 'user', content: 'y' },
  ];
  t.same(conversation(messages)[1], { role: 'assistant', content: back });
  t.same(conversation(messages, 'another')[1], { role: 'assistant', content: 'Hello there' });
  const input = answered({ content: LIST }).output as JsonObject[];
  t.same(sent({ input }).messages, [{ role: 'assistant', content: back }]);
});

const ID = 'toolu_1';
/** A loop of tools that another model has begun. */
const loop = (thoughts: readonly JsonObject[]) => [
  { role: 'user', content: 'x' },
  { role: 'assistant', content: [...thoughts, { type: 'tool_use', id: ID, name: 'f', input: {} }] },
  { role: 'user', content: [{ type: 'tool_result', tool_use_id: ID, content: 'y' }] },
];
const items = (thoughts: readonly JsonObject[]) => [
  { role: 'user', content: 'x' },
  ...thoughts,
  { type: 'function_call', call_id: ID, name: 'f', arguments: '{}' },
  { type: 'function_call_output', call_id: ID, output: 'y' },
];
const CLAUDES = [{ type: 'thinking', thinking: 'Hm', signature: 'QW50aHJvcGlj' }];
const OPENAIS = [
  { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm' }], encrypted_content: 'b3BlbmFp' },
];
const reasoningIn = (messages: unknown): unknown => (messages as JsonObject[])[1]!.reasoning_content;

for (const model of [
  'deepseek-v4-pro',
  'deepseek/deepseek-v3.2',
  'moonshotai/kimi-k2.5',
  'kimi-k2-thinking',
]) {
  t.test(`${model} gets some reasoning for what others have called`, async (t) => {
    for (const messages of [
      conversation(loop(CLAUDES), model),
      conversation(loop([]), model),
      sent({ input: items(OPENAIS) }, { model }).messages,
      sent({ input: items([]) }, { model }).messages,
    ]) {
      t.doesNotThrow(() => judgeModel(parseChat({ model, messages })));
    }
    t.equal(reasoningIn(conversation(loop(CLAUDES), model)), 'Hm');
    t.equal(reasoningIn(conversation(loop([]), model)), ' ');
    t.equal(reasoningIn(sent({ input: items(OPENAIS) }, { model }).messages), 'Hm');
    t.equal(reasoningIn(sent({ input: items([]) }, { model }).messages), ' ');
  });
}

t.test(
  'nobody else gets the reasoning of others, and nothing is said where only others thought',
  async (t) => {
    for (const model of ['gpt-5', 'some-model', 'deepseek-r1', 'deepseek-v3.1', 'kimi-k2-instruct']) {
      t.equal(reasoningIn(conversation(loop(CLAUDES), model)), undefined, model);
      t.equal(reasoningIn(sent({ input: items(OPENAIS) }, { model }).messages), undefined, model);
    }
    const silent = [
      { role: 'user', content: 'x' },
      { role: 'assistant', content: CLAUDES },
      { role: 'user', content: 'y' },
    ];
    t.equal(conversation(silent, 'deepseek-v4-pro').length, 2);
    const input = [{ role: 'user', content: 'x' }, ...OPENAIS, { role: 'user', content: 'y' }];
    t.equal((sent({ input }, { model: 'deepseek-v4-pro' }).messages as unknown[]).length, 2);
  },
);

t.test('a model that demands reasoning gets its own as it was', async (t) => {
  const model = 'deepseek-v4-pro';
  const call = { id: ID, type: 'function', function: { name: 'f', arguments: '{}' } };
  const { content } = open({}, model).answer.document({
    choices: [{ message: { reasoning_content: 'Own', tool_calls: [call] } }],
  });
  const [asked, , result] = loop([]);
  t.equal(reasoningIn(conversation([asked, { role: 'assistant', content }, result], model)), 'Own');
});

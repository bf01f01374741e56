// Models differ in what they take. Whatever a client asks for, each model gets a request that it takes, through either
// translation: the simulator refuses what the real ones are known to refuse.
import t from 'tap';
import { judgeModel } from '../../../../sim/openai-models.ts';
import { parseChat } from '../../../../sim/openai-request.ts';
import { judgeChat } from '../../../../sim/openai-rules.ts';
import type { JsonObject } from '../../../../src/core/translate/translation.ts';
import { sent } from '../../../fixtures/responses.ts';
import { translate } from './messages_chat/fixtures/translate.ts';

const LONG_NAME = `mcp__server__${'x'.repeat(100)}`;
const ID = 'toolu_01ABCDEFGHJKLMNOPQRSTUVWXYZ0123456789abcdef';
const SCHEMA = { type: 'object', properties: {} };

/** Everything that some model refuses, from a client of messages. */
const MESSAGES = {
  temperature: 0.5,
  top_p: 0.5,
  stop_sequences: ['END'],
  thinking: { type: 'enabled', budget_tokens: 4096 },
  tools: [{ name: LONG_NAME, input_schema: SCHEMA }],
  messages: [
    { role: 'user', content: 'x' },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm', signature: 'QW50aHJvcGlj' },
        { type: 'tool_use', id: ID, name: LONG_NAME, input: {} },
      ],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: ID, content: 'y' }] },
  ],
};
/** The same from a client of responses, with a call that was interrupted. */
const RESPONSES = {
  temperature: 0.5,
  top_p: 0.5,
  max_output_tokens: 100,
  reasoning: { effort: 'medium' },
  text: { verbosity: 'low' },
  tools: [{ type: 'function', name: LONG_NAME, parameters: SCHEMA }],
  input: [
    { role: 'user', content: 'x' },
    { type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm' }], encrypted_content: 'b3BlbmFp' },
    { type: 'function_call', call_id: ID, name: LONG_NAME, arguments: '{}' },
    { type: 'function_call_output', call_id: ID, output: 'y' },
    { type: 'function_call', call_id: `${ID}2`, name: LONG_NAME, arguments: '{}' },
    { role: 'user', content: 'go on' },
  ],
};

const MODELS = [
  ...['o1', 'o3', 'openai/o3', 'o3-mini', 'o4-mini', 'gpt-4o', 'gpt-5', 'gpt-5-mini', 'gpt-5-chat-latest'],
  ...[
    'gpt-5.1',
    'gpt-5.2',
    'gpt-5.4',
    'gpt-5.4-mini',
    'gpt-5.5',
    'gpt-5.6',
    'gpt-5.6-terra',
    'gpt-5.10',
    'gpt-6',
  ],
  ...['mistral-large-latest', 'magistral-medium'],
];

const judge = (request: JsonObject): void => {
  const parsed = parseChat(JSON.parse(JSON.stringify(request)));
  judgeChat(parsed);
  judgeModel(parsed);
};

for (const model of MODELS) {
  t.test(model, async (t) => {
    for (const tools of [undefined, true]) {
      const without = tools === undefined ? { tools } : {};
      const what = tools === undefined ? 'without tools' : 'with tools';
      t.doesNotThrow(() => judge(translate({ ...MESSAGES, ...without }, model)), `messages ${what}`);
      t.doesNotThrow(() => judge(sent({ ...RESPONSES, ...without }, { model })), `responses ${what}`);
    }
  });
}

const efforts = (model: string, more: JsonObject = {}) => [
  translate({ ...MESSAGES, ...more }, model).reasoning_effort,
  sent({ ...RESPONSES, ...more }, { model }).reasoning_effort,
];

t.test('the effort, beside tools and without', async (t) => {
  const without = { tools: undefined };
  t.same(efforts('gpt-5.2'), ['medium', 'medium']);
  t.same(efforts('gpt-5.4'), [undefined, undefined]);
  t.same(efforts('gpt-5.4', without), ['medium', 'medium']);
  t.same(efforts('gpt-5.6'), ['none', 'none']);
  t.same(efforts('gpt-5.6', without), ['medium', 'medium']);
  t.same(efforts('gpt-5.6', { thinking: undefined, reasoning: undefined }), ['none', 'none'], 'unasked');
  t.same(efforts('gpt-5-pro'), ['high', 'high'], 'the nearest');
  t.same(efforts('mistral-large'), [undefined, undefined]);
  t.equal(sent({ reasoning: { effort: 'max' } }, { model: 'gpt-5.2' }).reasoning_effort, 'xhigh');
  t.throws(() => sent({ reasoning: { effort: 'much' } }), {
    code: 'invalid_field',
    param: 'reasoning.effort',
  });
});

t.test('what others take stays', async (t) => {
  t.match(translate(MESSAGES, 'gpt-4o'), { temperature: 0.5, top_p: 0.5, stop: ['END'], max_tokens: 100 });
  t.match(translate(MESSAGES, 'o3-mini'), { stop: ['END'], max_completion_tokens: 100 });
  t.match(sent(RESPONSES, { model: 'gpt-4o' }), { temperature: 0.5, top_p: 0.5, max_tokens: 100 });
  t.match(sent(RESPONSES, { model: 'gpt-5' }), { verbosity: 'low', max_completion_tokens: 100 });
});

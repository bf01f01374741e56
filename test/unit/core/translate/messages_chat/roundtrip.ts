// What an upstream wants back with its reasoning and its calls survives the client, and reaches nobody else.
import t from 'tap';
import type { JsonObject } from '../../../../../src/core/translate/translation.ts';
import { STREAMS } from './fixtures/streams.ts';
import { eventsOf, matchEach, open, readBySdk, translate } from './fixtures/translate.ts';

/** The answer as the official library has it, and as it comes to the upstream with the next request. */
async function next(chunks: readonly JsonObject[], models: readonly [string, string] = ['m', 'm']) {
  const { content } = await readBySdk(eventsOf(chunks, open({}, models[0])));
  const results = content
    .filter((block) => block.type === 'tool_use')
    .map(({ id }) => ({ type: 'tool_result', tool_use_id: id, content: 'ok' }));
  const messages = [
    { role: 'user', content: 'Hi' },
    JSON.parse(JSON.stringify({ role: 'assistant', content })),
    { role: 'user', content: [...results, { type: 'text', text: 'Go on' }] },
  ];
  return { content, sent: translate({ messages }, models[1]).messages };
}

t.test('reasoning goes back in the member in which it came', async (t) => {
  const { sent } = await next(STREAMS.deepseek);
  t.same(sent[1], { role: 'assistant', content: '4', reasoning_content: 'Let me see.' });
  const asReasoning = [{ choices: [{ delta: { reasoning: 'Hm', content: 'x' } }] }];
  t.same((await next(asReasoning)).sent[1], { role: 'assistant', content: 'x', reasoning: 'Hm' });
});

t.test("Copilot's reasoning, and what it belongs to", async (t) => {
  const { sent } = await next(STREAMS.copilot);
  t.same(sent[1], { role: 'assistant', content: 'Yes', reasoning_text: 'Hm', reasoning_opaque: 'b64==' });
});

t.test("OpenRouter's details", async (t) => {
  const { sent } = await next(STREAMS.openrouter);
  t.same(sent[1], {
    role: 'assistant',
    content: 'So.',
    reasoning_details: [
      {
        type: 'reasoning.text',
        text: 'Think hard',
        signature: 'c2ln',
        format: 'anthropic-claude-v1',
        index: 0,
      },
      { type: 'reasoning.encrypted', data: 'ZW5j', id: 'rs_1', index: 1 },
    ],
    tool_calls: [{ id: 'toolu_1', type: 'function', function: { name: 'go', arguments: '{}' } }],
  });
});

t.test('a signature of a detail that comes when its text has been closed', async (t) => {
  const detail = (more: JsonObject): JsonObject => ({
    choices: [{ delta: { reasoning_details: [{ type: 'reasoning.summary', index: 0, ...more }] } }],
  });
  const text = { choices: [{ delta: { content: 'x' } }] };
  const { sent } = await next([detail({ summary: 'Hm' }), text, detail({ signature: 's' })]);
  t.same(sent[1]?.reasoning_details, [
    { type: 'reasoning.summary', index: 0, summary: 'Hm', signature: 's' },
  ]);
});

t.test('details that are told apart by their number or type stay apart', async (t) => {
  const details = [
    { type: 'reasoning.text', index: 0, text: 'A' },
    { type: 'reasoning.text', index: 1, text: '', signature: 's' },
    { type: 'reasoning.summary', index: 1, summary: '', id: 'x' },
    { type: 'reasoning.summary', index: 2, summary: 'B' },
    { type: 'reasoning.summary', index: 2, summary: '', signature: 't' },
  ];
  const { sent } = await next([{ choices: [{ delta: { reasoning_details: details, content: 'x' } }] }]);
  t.same(sent[1]?.reasoning_details, [
    ...details.slice(0, 3),
    { type: 'reasoning.summary', index: 2, summary: 'B', signature: 't' },
  ]);
});

t.test("Gemini's thought signature goes back with its call, and the ids are Gemini's", async (t) => {
  const { content, sent } = await next(STREAMS.gemini, ['gemini-3-flash', 'gemini-3-flash']);
  for (const block of content) t.match((block as { id: string }).id, /^[a-zA-Z0-9_-]+$/);
  matchEach(t, sent[1]?.tool_calls, [
    { id: 'function-call-7', extra_content: { google: { thought_signature: 'AY+/89==' } } },
    { id: 'toolu_0199ab_2', extra_content: undefined },
  ]);
  t.match(sent.slice(2), [{ tool_call_id: 'function-call-7' }, { tool_call_id: 'toolu_0199ab_2' }]);
});

t.test('Gemini 3 gets a substitute for the calls of other models', async (t) => {
  const { sent } = await next(STREAMS.interleaved, ['gpt-4o', 'gemini-3-flash']);
  matchEach(t, sent[1]?.tool_calls, [
    { id: 'call_a', extra_content: { google: { thought_signature: 'skip_thought_signature_validator' } } },
    { id: 'call_b', extra_content: undefined },
  ]);
  const older = await next(STREAMS.interleaved, ['gpt-4o', 'gemini-2.5-pro']);
  matchEach(t, older.sent[1]?.tool_calls, [{ extra_content: undefined }, {}]);
});

t.test('a model gets ids that it takes, in the call and in its result', async (t) => {
  const long = {
    choices: [
      { delta: { tool_calls: [{ index: 0, id: `f.${'x'.repeat(60)}:0`, function: { name: 'f' } }] } },
    ],
  };
  const takes: [model: string, id: RegExp][] = [
    ['kimi-k3', /^f\.x{60}:0$/],
    ['gpt-5-mini', /^[0-9a-f]{32}$/],
    ['openai/o3', /^[0-9a-f]{32}$/],
    ['mistral-large-latest', /^[0-9a-f]{9}$/],
  ];
  for (const [model, id] of takes) {
    const { sent } = await next([long], ['kimi-k3', model]);
    const called = (sent[1]!.tool_calls as { id: string }[])[0]!.id;
    t.match(called, id, model);
    t.equal(sent[2]!.tool_call_id, called);
  }
});

t.test('ids that fit stay as they are', async (t) => {
  const plain = {
    choices: [{ delta: { tool_calls: [{ index: 0, id: 'abcDEF123', function: { name: 'f' } }] } }],
  };
  for (const model of ['gpt-4o', 'mistral-small']) {
    t.equal((await next([plain], ['m', model])).sent[2]!.tool_call_id, 'abcDEF123');
  }
});

t.test('another model gets neither', async (t) => {
  for (const [name, chunks] of Object.entries(STREAMS)) {
    const { sent } = await next(chunks, ['gemini-3-flash', 'gpt-4o']);
    t.notMatch(JSON.stringify(sent), /reasoning|extra_content|__ts_|apipod/, name);
  }
});

t.test("thinking of Anthropic's own is left out", async (t) => {
  const content = [
    { type: 'thinking', thinking: 'Hm', signature: 'EqQBCkgIBRABGAIi' },
    { type: 'redacted_thinking', data: 'EmwKAhgBEgy3va' },
    { type: 'text', text: 'x' },
  ];
  const { messages } = translate({ messages: [{ role: 'assistant', content }] });
  t.same(messages, [{ role: 'assistant', content: 'x' }]);
});

t.test('a signature that somebody has tampered with does no harm', async (t) => {
  const forged = (details: unknown): string =>
    `~apipod.${Buffer.from(JSON.stringify(details)).toString('base64url')}`;
  const signatures = [
    '~apipod.',
    '~apipod.%%%',
    forged(null),
    forged([]),
    forged({ by: 'm', as: 'role' }),
    forged({ by: 'm', detail: 1, opaque: 2 }),
  ];
  for (const signature of signatures) {
    const content = [
      { type: 'thinking', thinking: 'Hm', signature },
      { type: 'text', text: 'x' },
    ];
    const [message] = translate({ messages: [{ role: 'assistant', content }] }, 'm').messages;
    t.match(message, { role: 'assistant', content: 'x' }, signature);
  }
});

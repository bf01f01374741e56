// How much the model thinks, when it may not, and its signed thinking on the way to the client and back.
import t from 'tap';
import type { JsonObject } from '../../../../../src/core/translate/translation.ts';
import { STREAMS } from './fixtures/streams.ts';
import { chunks, deltas, open, refused, translate } from './fixtures/translate.ts';

const format = 'anthropic-claude-v1';
const thinking = (body: JsonObject) => translate(body).thinking;
const enabled = (budget_tokens: number) => ({ type: 'enabled', budget_tokens });
const call = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });
const result = (id: string) => ({ role: 'tool', tool_call_id: id, content: 'r' });
const USER = { role: 'user', content: 'Hi' };
const DETAIL = { type: 'reasoning.text', text: 'Hm', signature: 'sig', format, index: 0 };
const BLOCK = { type: 'thinking', thinking: 'Hm', signature: 'sig' };

/** The first blocks of an assistant's turn that had this. */
const rebuilt = (message: JsonObject) =>
  translate({ messages: [USER, { role: 'assistant', content: 'a', ...message }, USER] }).messages[1]!.content;

t.test('effort', async (t) => {
  const budgets = { minimal: 1024, low: 2048, medium: 8192, high: 16_384, xhigh: 24_576, max: 24_576 };
  for (const [effort, budget] of Object.entries(budgets)) {
    t.same(thinking({ reasoning_effort: effort }), enabled(budget), effort);
    t.same(thinking({ reasoning: { effort } }), enabled(budget), effort);
  }
  for (const reasoning_effort of ['none', null, undefined])
    t.equal(thinking({ reasoning_effort }), undefined);
  t.equal(thinking({ reasoning: { effort: 'none' }, reasoning_effort: 'high' }), undefined);
  t.equal(refused({ reasoning_effort: 'huge' }), 'reasoning_effort');
  t.equal(refused({ reasoning_effort: 'constructor' }), 'reasoning_effort');
  t.equal(refused({ reasoning: { effort: 7 } }), 'reasoning.effort');
});

t.test('OpenRouter’s reasoning', async (t) => {
  t.same(thinking({ reasoning: { max_tokens: 5000 } }), enabled(5000));
  t.same(thinking({ reasoning: { enabled: true } }), enabled(8192));
  t.equal(thinking({ reasoning: { enabled: false, effort: 'high' } }), undefined);
  t.same(thinking({ reasoning: { summary: 'auto' }, reasoning_effort: 'low' }), enabled(2048));
  t.equal(refused({ reasoning: { max_tokens: 'x' } }), 'reasoning.max_tokens');
  t.equal(refused({ reasoning: 'high' }), 'reasoning');
});

t.test('Anthropic’s own', async (t) => {
  t.same(thinking({ thinking: enabled(5000), reasoning_effort: 'low' }), enabled(5000));
  t.same(thinking({ thinking: { ...enabled(5000), display: 'omitted' } }), {
    ...enabled(5000),
    display: 'omitted',
  });
  t.same(thinking({ thinking: { type: 'adaptive' } }), { type: 'adaptive' });
  t.same(thinking({ thinking: { type: 'disabled' }, reasoning_effort: 'low' }), { type: 'disabled' });
  t.equal(refused({ thinking: { type: 'enabled' } }), 'thinking.budget_tokens');
});

t.test('the budget has room in max_tokens', async (t) => {
  t.same(thinking({ reasoning_effort: 'high', max_tokens: 17_408 }), enabled(16_384));
  t.same(
    thinking({ reasoning_effort: 'high', max_tokens: 4096 }),
    enabled(3072),
    'and leaves some for the answer',
  );
  t.same(thinking({ reasoning_effort: 'low', max_tokens: 2048 }), enabled(1024));
  t.equal(thinking({ reasoning_effort: 'low', max_tokens: 2047 }), undefined, 'Anthropic’s least is 1024');
  t.same(thinking({ thinking: enabled(9000), max_tokens: 4096 }), enabled(4095));
  t.equal(thinking({ thinking: enabled(9000), max_tokens: 1024 }), undefined);
  t.equal(thinking({ reasoning: { max_tokens: 1000 } }), undefined);
});

t.test('sampling does not go with it', async (t) => {
  const body = { temperature: 0.5, top_k: 5, reasoning_effort: 'low' };
  const low = translate({ ...body, top_p: 0.9 });
  t.notOk('temperature' in low || 'top_k' in low || 'top_p' in low);
  t.equal(translate({ ...body, top_p: 0.95 }).top_p, 0.95);
  t.match(translate({ ...body, reasoning_effort: 'none' }), { temperature: 0.5, top_k: 5 });
});

t.test('a forced call switches it off', async (t) => {
  const body = { tools: [{ name: 'f' }], reasoning_effort: 'low', temperature: 0.5 };
  for (const tool_choice of ['required', { type: 'function', function: { name: 'f' } }]) {
    const request = translate({ ...body, tool_choice });
    t.notOk('thinking' in request);
    t.equal(request.temperature, 0.5, 'and sampling stays');
  }
  for (const tool_choice of ['auto', 'none', null]) t.ok(thinking({ ...body, tool_choice }));
});

t.test('a text that is to be continued switches it off', async (t) => {
  const messages = [USER, { role: 'assistant', content: 'Well' }];
  t.equal(thinking({ messages, reasoning_effort: 'low' }), undefined);
});

t.test('tool calls that come back without their thinking switch it off', async (t) => {
  const loop = (first: JsonObject, ...more: readonly unknown[]) =>
    thinking({
      messages: [USER, { role: 'assistant', tool_calls: [call('a')], ...first }, result('a'), ...more],
      reasoning_effort: 'low',
    });
  const signed = { reasoning_details: [DETAIL] };
  t.equal(loop({}), undefined);
  t.equal(loop({ reasoning_content: 'Hm' }), undefined, 'unsigned');
  t.equal(
    loop({ reasoning_details: [{ ...DETAIL, format: 'google-gemini-v1' }] }),
    undefined,
    'another model’s',
  );
  t.same(loop(signed), enabled(2048));
  const next = [{ role: 'assistant', tool_calls: [call('b')] }, result('b')];
  t.same(loop(signed, ...next), enabled(2048), 'it thinks once at the beginning of the loop');
  t.equal(loop({}, ...next), undefined);
  t.same(
    loop({}, { role: 'assistant', content: 'Done' }, USER),
    enabled(2048),
    'earlier turns do not matter',
  );
  t.equal(loop({}, USER), undefined, 'the user speaks beside the results');
  t.same(loop({}, USER, { ...next[0], ...signed }, next[1]), enabled(2048), 'and so begins a turn');
});

t.test('details become the blocks that they were, first in their turn', async (t) => {
  t.same(rebuilt({ reasoning_content: 'Hm', reasoning_details: [DETAIL] }), [
    BLOCK,
    { type: 'text', text: 'a' },
  ]);
  const details = [
    DETAIL,
    { type: 'reasoning.encrypted', data: 'ZW5j', format, index: 1 },
    { ...DETAIL, index: 2 },
  ];
  t.same(rebuilt({ reasoning_details: details }).slice(0, 3), [
    BLOCK,
    { type: 'redacted_thinking', data: 'ZW5j' },
    BLOCK,
  ]);
});

t.test('what cannot be proved stays away', async (t) => {
  const none = [{ type: 'text', text: 'a' }];
  t.same(rebuilt({ reasoning_content: 'Hm' }), none);
  t.same(rebuilt({ reasoning_details: [{ ...DETAIL, signature: null }] }), none);
  t.same(
    rebuilt({ reasoning_details: [{ ...DETAIL, text: undefined }] }),
    none,
    'a text that the client lost',
  );
  t.same(rebuilt({ reasoning_details: [{ ...DETAIL, format: 'openai-responses-v1' }] }), none);
  t.same(rebuilt({ reasoning_details: [{ type: 'reasoning.summary', summary: 'x' }, 7, null] }), none);
  t.same(rebuilt({ reasoning_details: 'x' }), none);
  const { messages } = translate({
    messages: [USER, { role: 'assistant', reasoning_details: [DETAIL] }, USER],
  });
  t.equal(messages.length, 1, 'nothing but thinking is no turn');
});

t.test('blocks of Anthropic’s own stay in their order', async (t) => {
  const content = [BLOCK, { type: 'text', text: 'a' }, { type: 'redacted_thinking', data: 'x' }];
  t.same(rebuilt({ content, reasoning_details: [DETAIL] }), content, 'and count instead of the details');
  t.same(
    rebuilt({
      content: [
        { type: 'thinking', thinking: 'x' },
        { type: 'text', text: 'a' },
      ],
    }),
    [{ type: 'text', text: 'a' }],
  );
});

for (const name of ['thinking', 'redacted', 'tools'] as const) {
  t.test(`a stream’s thinking comes back as it was: ${name}`, async (t) => {
    const parts = deltas(chunks(STREAMS[name])).flatMap(({ reasoning_details }) => reasoning_details ?? []);
    const wanted: Record<string, unknown>[] = [];
    for (const { type, content_block, delta } of STREAMS[name] as readonly JsonObject[]) {
      const { thinking: text, signature } = (delta ?? {}) as JsonObject;
      const block = content_block as JsonObject | undefined;
      if (type === 'content_block_start' && /thinking/.test(String(block!.type))) wanted.push({ ...block });
      const last = wanted.at(-1)!;
      if (text !== undefined) last.thinking = `${last.thinking}${text}`;
      if (signature !== undefined) last.signature = signature;
    }
    t.same(rebuilt({ reasoning_details: parts }).slice(0, -1), wanted, 'detail by detail');
  });
}

t.test('thinking whose text is withheld comes back, too', async (t) => {
  const events = [
    {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'thinking', thinking: '', signature: '' },
    },
    { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: 'sig' } },
  ];
  const parts = deltas(chunks(events)).flatMap(({ reasoning_details }) => reasoning_details ?? []);
  t.same(rebuilt({ reasoning_details: parts })[0], { type: 'thinking', thinking: '', signature: 'sig' });
});

t.test('the thinking of a document comes back as it was', async (t) => {
  const content = [BLOCK, { type: 'redacted_thinking', data: 'ZW5j' }, { type: 'text', text: 'a' }];
  const { choices } = open({}).answer.document({ content }) as { choices: { message: JsonObject }[] };
  const { message } = choices[0]!;
  t.equal(message.reasoning_content, 'Hm');
  t.same(message.reasoning_details, [
    DETAIL,
    { type: 'reasoning.encrypted', data: 'ZW5j', format, index: 1 },
  ]);
  t.same(rebuilt(message), content);
});

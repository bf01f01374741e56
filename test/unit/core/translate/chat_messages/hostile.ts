// Whatever a client or an upstream sends in place of what is expected: a 400 that names the field, or a tolerance, and
// never a crash.
import t from 'tap';
import { ProxyError } from '../../../../../src/core/errors.ts';
import type { JsonObject } from '../../../../../src/core/translate/translation.ts';
import { seeded } from '../../../../fixtures/random.ts';
import { STREAMS } from './fixtures/streams.ts';
import { chunks, open, translate } from './fixtures/translate.ts';

const JUNK = [
  null,
  true,
  0,
  -1,
  1e308,
  '',
  ' ',
  'x',
  '__proto__',
  [],
  [null],
  [[]],
  {},
  { type: 'text' },
  { length: 3 },
];

const BODY: JsonObject = {
  messages: [
    { role: 'system', content: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral' } }] },
    { role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }] },
    {
      role: 'assistant',
      content: 'a',
      refusal: 'r',
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
      reasoning_details: [{ type: 'reasoning.text', text: 'x', signature: 's', index: 0 }],
    },
    { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'r' }] },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'b', name: 'f', input: {} }] },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'b', content: 'r' }] },
    { role: 'user', content: [{ type: 'file', file: { filename: 'a', file_data: 'AA==' } }] },
  ],
  input: [
    { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c', output: [{ type: 'input_text', text: 'x' }] },
  ],
  tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
  tool_choice: {
    type: 'allowed_tools',
    allowed_tools: { mode: 'auto', tools: [{ function: { name: 'f' } }] },
  },
  reasoning: { effort: 'low', max_tokens: 2000 },
  thinking: { type: 'enabled', budget_tokens: 2000 },
  response_format: { type: 'json_schema', json_schema: { schema: {} } },
  stop: ['x'],
  stream_options: { include_usage: true },
};

/** The value with one of its parts, at any depth, replaced or taken away. */
function spoil(value: unknown, random: () => number): unknown {
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  if (keys.length === 0 || random() < 0.15) return JUNK[Math.floor(random() * JUNK.length)];
  const key = keys[Math.floor(random() * keys.length)]!;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
  copy[key] = random() < 0.1 ? undefined : spoil(copy[key], random);
  return copy;
}

t.test('requests', async (t) => {
  const random = seeded(11);
  const seen = { accepted: 0, refused: 0 };
  for (let run = 0; run < 8_000; run++) {
    let body: unknown = BODY;
    while (body === BODY || random() < 0.5) body = spoil(body, random);
    // The body itself is read before: it is an object.
    if (typeof body !== 'object' || body === null || Array.isArray(body)) continue;
    try {
      const { messages } = translate(body as JsonObject);
      seen.accepted++;
      const wrong = messages.some(
        ({ role, content }, i) => role !== (i % 2 === 0 ? 'user' : 'assistant') || content.length === 0,
      );
      if (wrong) t.fail('turns alternate, and none is empty', { body, messages });
    } catch (error) {
      seen.refused++;
      const named = error instanceof ProxyError && error.code === 'invalid_field' && error.param !== null;
      if (!named) t.fail('a crash', { body, error });
    }
  }
  t.ok(seen.accepted > 500 && seen.refused > 500, 'both happen', seen);
});

t.test('events', async (t) => {
  const random = seeded(12);
  for (const events of Object.values(STREAMS) as (readonly JsonObject[])[]) {
    for (let run = 0; run < 500; run++) {
      const spoilt = events.map((event) => (random() < 0.3 ? spoil(event, random) : event));
      const list = chunks(
        spoilt.map((event) => (typeof event === 'object' && event !== null ? event : {})) as JsonObject[],
      );
      const finishes = list.filter(({ choices }) => (choices as JsonObject[])[0]!.finish_reason !== null);
      if (finishes.length !== 1 || list.at(-1) !== finishes[0])
        t.fail('one reason to finish, at the end', { spoilt });
    }
  }
  t.pass();
});

t.test('answers', async (t) => {
  const random = seeded(13);
  const answer: JsonObject = {
    id: 'msg_1',
    model: 'm',
    content: [
      { type: 'text', text: 'a' },
      { type: 'tool_use', id: 't', name: 'f', input: {} },
      { type: 'thinking', thinking: 'x', signature: 's' },
      { type: 'redacted_thinking', data: 'x' },
    ],
    stop_reason: 'refusal',
    stop_details: { explanation: 'x' },
    usage: { input_tokens: 1, output_tokens: 2, output_tokens_details: { thinking_tokens: 1 } },
  };
  for (let run = 0; run < 5000; run++) {
    const spoilt = spoil(answer, random);
    if (typeof spoilt !== 'object' || spoilt === null) continue;
    const { usage } = open({}).answer.document(spoilt as JsonObject) as { usage: { total_tokens: number } };
    if (!Number.isSafeInteger(usage.total_tokens)) t.fail('a count', { spoilt });
  }
  t.pass();
});

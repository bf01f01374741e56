// Streams of chat completions become streams of messages that the official library reads, whoever sends them.
import t from 'tap';
import type { JsonObject } from '../../../../../src/core/translate/translation.ts';
import { seeded } from '../../../../fixtures/random.ts';
import { STREAMS } from './fixtures/streams.ts';
import {
  call,
  chunk,
  eventsOf,
  eventsOfBytes,
  matchEach,
  open,
  outline,
  readBySdk,
  sse,
  usageChunk,
} from './fixtures/translate.ts';

const contentOf = async (chunks: readonly JsonObject[]) => (await readBySdk(eventsOf(chunks))).content;

t.test('text, event by event', async (t) => {
  const events = eventsOf(STREAMS.openai);
  t.same(events[0], {
    type: 'message_start',
    message: {
      id: 'msg_A1',
      type: 'message',
      role: 'assistant',
      model: 'gpt-x',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      usage: {
        input_tokens: 0,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        output_tokens: 0,
      },
    },
  });
  t.same(events.slice(1, 5), [
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hé' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'llo ☂\n' } },
    { type: 'content_block_stop', index: 0 },
  ]);
  t.same(events.slice(5), [
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null, stop_details: null },
      usage: {
        input_tokens: 40,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 60,
        output_tokens: 20,
        output_tokens_details: { thinking_tokens: 5 },
      },
    },
    { type: 'message_stop' },
  ]);
});

t.test('calls that come in turns go out one after the other', async (t) => {
  t.same(outline(eventsOf(STREAMS.interleaved)), [
    'message_start',
    'start 0 text',
    'delta 0 Both.',
    'stop 0',
    'start 1 tool_use',
    'delta 1 {"path"',
    'delta 1 :"}{"',
    'delta 1 }',
    'stop 1',
    'start 2 tool_use',
    'delta 2 {"dir":"/"}',
    'stop 2',
    'start 3 text',
    'delta 3 Done.',
    'stop 3',
    'message_delta tool_use',
    'message_stop',
  ]);
});

t.test('a call goes out as it comes when the one before is complete', async (t) => {
  const seen: JsonObject[] = [];
  const stream = open().stream((event) => seen.push(event));
  stream.push(chunk(call(0, '{"a":"\\"}', { id: 'a', name: 'f' })));
  stream.push(chunk(call(1, '{', { id: 'b', name: 'f' })));
  t.equal(outline(seen).at(-1), 'delta 0 {"a":"\\"}', 'a brace in a string is not the end');
  stream.push(chunk(call(0, '"}')));
  t.same(outline(seen).slice(-3), ['stop 0', 'start 1 tool_use', 'delta 1 {']);
  stream.push(chunk(call(1, '}')));
  t.equal(outline(seen).at(-1), 'delta 1 }');
});

t.test('too much that waits is an error', async (t) => {
  const stream = open().stream(() => {});
  stream.push(chunk(call(0, '{', { id: 'a', name: 'f' })));
  stream.push(chunk(call(1, '{"text":"', { id: 'b', name: 'f' })));
  const megabyte = 'x'.repeat(1024 * 1024);
  for (let i = 0; i < 3; i++) stream.push(chunk(call(1, megabyte)));
  t.throws(() => stream.push(chunk(call(1, megabyte))), { code: 'upstream_invalid', message: /4194304/ });
});

t.test('what waits counts whole, what does not wait does not count', async (t) => {
  const opaque = { reasoning_opaque: 'x'.repeat(4 * 1024 * 1024) };
  const push = (...deltas: JsonObject[]): void => {
    const stream = open().stream(() => {});
    for (const delta of deltas) stream.push(chunk(delta));
  };
  const begin = call(0, '{', { id: 'a', name: 'f' });
  t.throws(() => push(begin, opaque), { code: 'upstream_invalid' });
  t.doesNotThrow(() => push(opaque, begin, call(1, '{', { id: 'b', name: 'f' })));
});

t.test('what has gone out does not count any more', async (t) => {
  const half = 'x'.repeat(1024 * 1024);
  const stream = open().stream(() => {});
  for (let n = 0; n < 8; n += 2) {
    stream.push(chunk(call(n, '{', { id: `c${n}`, name: 'f' })));
    stream.push(chunk(call(n + 1, '{"t":"', { id: `c${n + 1}`, name: 'f' })));
    for (let i = 0; i < 2; i++) stream.push(chunk(call(n + 1, half)));
    stream.push(chunk(call(n, '}')));
    stream.push(chunk(call(n + 1, '"}')));
  }
  stream.push(chunk({ content: 'All closed.' }));
  for (let i = 0; i < 5; i++) stream.push(chunk(call(0, half)));
  t.doesNotThrow(() => stream.end());
});

t.test('a call that has not begun its arguments is not complete', async (t) => {
  const content = await contentOf([
    chunk(call(0, '', { id: 'a', name: 'f' })),
    chunk(call(1, '{}', { id: 'b', name: 'f' })),
    chunk(call(0, '{"n":1}')),
  ]);
  matchEach(t, content, [
    { id: 'a', input: { n: 1 } },
    { id: 'b', input: {} },
  ]);
});

t.test('text that waits behind two calls is one block', async (t) => {
  const events = eventsOf([
    chunk(call(0, '{', { id: 'a', name: 'f' })),
    chunk(call(1, '{', { id: 'b', name: 'f' })),
    chunk({ content: 'x' }),
    chunk({ content: 'y' }),
    chunk(call(0, '}')),
    chunk(call(1, '}')),
  ]);
  t.same(outline(events).slice(-5), [
    'start 2 text',
    'delta 2 xy',
    'stop 2',
    'message_delta tool_use',
    'message_stop',
  ]);
});

t.test('thinking, event by event', async (t) => {
  const events = eventsOf(STREAMS.openrouter).slice(1, 6);
  t.match(events, [
    {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'thinking', thinking: '', signature: '' },
    },
    { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Think' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: ' hard' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: /^apipod\../ } },
    { type: 'content_block_stop', index: 0 },
  ]);
});

t.test('long answers do not wait', async (t) => {
  let events = 0;
  const stream = open().stream(() => events++);
  const text = 'x'.repeat(1024 * 1024);
  for (let i = 0; i < 8; i++) stream.push(chunk({ content: text }));
  stream.push(chunk(call(0, '{"t":"', { id: 'a', name: 'f' })));
  for (let i = 0; i < 8; i++) stream.push(chunk(call(0, text)));
  t.equal(events, 1 + 1 + 8 + 1 + 1 + 9);
});

t.test('too many calls are an error', async (t) => {
  const stream = open().stream(() => {});
  const begin = (n: number): void => stream.push(chunk(call(n, '{}', { id: `c${n}`, name: 'f' })));
  for (let n = 0; n < 1024; n++) begin(n);
  t.throws(() => begin(1024), { code: 'upstream_invalid' });
});

t.test('Gemini: calls without an index, the last usage counts, its signature rides in the id', async (t) => {
  const { content, stop_reason, usage } = await readBySdk(eventsOf(STREAMS.gemini));
  matchEach(t, content, [
    { type: 'tool_use', id: /^function-call-7__ts_[\w-]+$/, name: 'read', input: { n: 1 } },
    { type: 'tool_use', id: 'toolu_0199ab_2', name: 'read', input: { n: 2 } },
  ]);
  t.equal(stop_reason, 'tool_use');
  t.match(usage, { input_tokens: 10, output_tokens: 8 });
});

t.test('Copilot: begins with the first choice, whatever the model', async (t) => {
  const events = eventsOf(STREAMS.copilot);
  t.match(events[0], { message: { id: 'msg_c1', model: 'some-model' } });
  const { content } = await readBySdk(events);
  matchEach(t, content, [
    { type: 'thinking', thinking: 'Hm', signature: /^apipod\./ },
    { type: 'redacted_thinking', data: /^apipod\./ },
    { type: 'text', text: 'Yes' },
  ]);
  const named = [
    { model: '', choices: [] },
    { id: 'x', model: 'late', choices: [] },
    chunk({ content: 'Hi' }),
  ];
  t.match(eventsOf(named)[0], { message: { id: 'msg_x', model: 'late' } }, 'the first name that comes');
});

t.test('DeepSeek: reasoning, and its own name for what came from the cache', async (t) => {
  const { content, usage } = await readBySdk(eventsOf(STREAMS.deepseek));
  matchEach(t, content, [
    { type: 'thinking', thinking: 'Let me see.' },
    { type: 'text', text: '4' },
  ]);
  t.match(usage, { input_tokens: 5, cache_read_input_tokens: 4, output_tokens: 3 });
});

t.test('OpenRouter: details count, not the same text again', async (t) => {
  const { content } = await readBySdk(eventsOf(STREAMS.openrouter));
  matchEach(t, content, [
    { type: 'thinking', thinking: 'Think hard' },
    { type: 'redacted_thinking' },
    { type: 'text', text: 'So.' },
    { type: 'tool_use', id: 'toolu_1', name: 'go', input: {} },
  ]);
});

t.test('calls that are numbered alike are told apart by their ids', async (t) => {
  const content = await contentOf([
    chunk(call(0, '{"n":1}', { id: 'a', name: 'f' })),
    chunk(call(0, '{"n":2}', { id: 'b', name: 'f' })),
    chunk({}, 'tool_calls'),
  ]);
  matchEach(t, content, [
    { id: 'a', input: { n: 1 } },
    { id: 'b', input: { n: 2 } },
  ]);
});

t.test('a call that repeats its id and name is one', async (t) => {
  const same = { id: 'a', name: 'f' };
  matchEach(t, await contentOf([chunk(call(0, '{"n"', same)), chunk(call(0, ':1}', same))]), [
    { input: { n: 1 } },
  ]);
});

t.test('a call that tells its id in each part, but no number, is one', async (t) => {
  const part = (name: string | undefined, text: string): JsonObject =>
    chunk({ tool_calls: [{ id: 'a', function: { name, arguments: text } }] });
  matchEach(t, await contentOf([part('f', '{"n"'), part(undefined, ':1}')]), [{ id: 'a', input: { n: 1 } }]);
});

t.test('calls without a number are told apart by their ids', async (t) => {
  const part = (id: string, name: string, text: string): JsonObject =>
    chunk({ tool_calls: [{ id, function: { name, arguments: text } }] });
  const content = await contentOf([
    part('a', 'f', '{"n"'),
    part('b', 'g', '{"n"'),
    part('a', '', ':1}'),
    part('b', '', ':2}'),
  ]);
  matchEach(t, content, [
    { id: 'a', name: 'f', input: { n: 1 } },
    { id: 'b', name: 'g', input: { n: 2 } },
  ]);
});

t.test('what belongs to no call is left out', async (t) => {
  const stray = { tool_calls: [{ function: { arguments: '{}' } }] };
  matchEach(t, await contentOf([chunk(stray), chunk({ content: 'x' })]), [{ type: 'text' }]);
});

t.test('a call whose id comes before its name', async (t) => {
  const content = await contentOf([
    chunk({ tool_calls: [{ index: 0, id: 'a' }] }),
    chunk({ tool_calls: [{ index: 0, function: { name: 'f', arguments: '{}' } }] }),
  ]);
  matchEach(t, content, [{ id: 'a', name: 'f' }]);
});

t.test('ids are made where there is none, and where one comes twice', async (t) => {
  const whole = (id: string): JsonObject => ({ id, function: { name: 'f', arguments: '{}' } });
  const content = await contentOf([
    chunk({
      tool_calls: [
        { index: 0, ...whole('') },
        { index: 1, ...whole('x') },
        { index: 2, ...whole('x') },
      ],
    }),
  ]);
  matchEach(t, content, [{ id: 'toolu_0199ab_1' }, { id: 'x' }, { id: 'toolu_0199ab_3' }]);
});

t.test('a call without arguments', async (t) => {
  matchEach(t, await contentOf([chunk(call(0, '', { id: 'a', name: 'f' })), chunk({ content: 'x' })]), [
    { type: 'tool_use', input: {} },
    { type: 'text', text: 'x' },
  ]);
});

t.test('what stands behind complete arguments is left out once something else has begun', async (t) => {
  const content = await contentOf([
    chunk(call(0, '{"n":1}', { id: 'a', name: 'f' })),
    chunk({ content: 'x' }),
    chunk(call(0, '\n')),
  ]);
  matchEach(t, content, [{ input: { n: 1 } }, { text: 'x' }]);
});

t.test('function_call, of the time before there could be several', async (t) => {
  const message = await readBySdk(
    eventsOf([
      chunk({ function_call: { name: 'f', arguments: '' } }),
      chunk({ function_call: { arguments: '{"n":1}' } }),
      chunk({}, 'function_call'),
    ]),
  );
  t.match(message, { stop_reason: 'tool_use', content: [{ type: 'tool_use', name: 'f', input: { n: 1 } }] });
});

t.test('a refusal is text, and the reason to stop', async (t) => {
  const message = await readBySdk(
    eventsOf([chunk({ refusal: 'I ' }), chunk({ refusal: 'cannot.' }), chunk({}, 'stop')]),
  );
  t.match(message, {
    content: [{ type: 'text', text: 'I cannot.' }],
    stop_reason: 'refusal',
    stop_details: { type: 'refusal', category: null },
  });
});

t.test('a stream that says nothing is a message all the same', async (t) => {
  t.same(outline(eventsOf([])), ['message_start', 'message_delta end_turn', 'message_stop']);
  t.match(eventsOf([])[0], { message: { id: 'msg_0199ab', model: 'some-model' } });
});

t.test('members of unexpected types are as good as absent', async (t) => {
  const odd = [
    { id: 1, model: null, choices: 'x', usage: [] },
    { choices: [null] },
    { choices: [{ delta: 'x', finish_reason: 1 }] },
    {
      choices: [
        {
          delta: {
            content: { a: 1 },
            reasoning: 2,
            reasoning_details: 'x',
            tool_calls: [3, {}, { function: 4 }],
          },
        },
      ],
    },
    {
      choices: [
        { delta: { reasoning_details: [{}, 5], reasoning_opaque: 6, function_call: [], refusal: false } },
      ],
    },
    usageChunk({ prompt_tokens: -1, completion_tokens: 'x', prompt_tokens_details: 7 }),
  ];
  const { content, usage, stop_reason } = await readBySdk(eventsOf(odd));
  matchEach(t, content, [{ type: 'redacted_thinking' }]);
  t.match(usage, { input_tokens: 0, output_tokens: 0 });
  t.equal(stop_reason, 'end_turn');
});

for (const [name, chunks] of Object.entries(STREAMS)) {
  t.test(`${name}: the same however its bytes are split`, async (t) => {
    const bytes = sse(chunks, name === 'openrouter' ? ': OPENROUTER PROCESSING\n\n' : '');
    const whole = JSON.stringify(eventsOf(chunks));
    t.equal(JSON.stringify(eventsOfBytes([bytes])), whole);
    let wrong = 0;
    const check = (parts: readonly Buffer[]): void => {
      if (JSON.stringify(eventsOfBytes(parts)) !== whole) wrong++;
    };
    for (let at = 1; at < bytes.length; at++) check([bytes.subarray(0, at), bytes.subarray(at)]);
    check(Array.from(bytes, (byte) => Buffer.from([byte])));
    const random = seeded(7);
    for (let round = 0; round < 100; round++) check(cut(bytes, random));
    t.equal(wrong, 0);
  });
}

function cut(bytes: Buffer, random: () => number): Buffer[] {
  const parts: Buffer[] = [];
  for (let from = 0; from < bytes.length; ) {
    const to = from + 1 + Math.floor(random() * 200);
    parts.push(bytes.subarray(from, to));
    from = to;
  }
  return parts;
}

t.test('whatever comes, the order of events is right', async (t) => {
  const random = seeded(11);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const deltas: (() => JsonObject)[] = [
    () => ({ content: 'a' }),
    () => ({ reasoning_content: 'b' }),
    () => ({ reasoning: 'c' }),
    () => ({
      reasoning_details: [
        { type: pick(['reasoning.text', 'reasoning.summary', 'x']), text: 'd', index: pick([0, 1]) },
      ],
    }),
    () => ({ reasoning_opaque: 'e' }),
    () => ({ refusal: 'f' }),
    () =>
      call(
        pick([0, 1, 2]),
        pick(['{', '}', '{"a":1}', '"', '']),
        pick([undefined, { id: pick(['', 'x', 'y']), name: 'g' }]),
      ),
    () => ({ tool_calls: [{ function: { name: pick(['', 'h']), arguments: pick(['{}', '']) } }] }),
  ];
  for (let round = 0; round < 300; round++) {
    const chunks = Array.from({ length: 1 + Math.floor(random() * 12) }, () => chunk(pick(deltas)()));
    checkGrammar(eventsOf(chunks), (what) => t.fail(`${what}: ${JSON.stringify(chunks)}`));
  }
  t.pass();
});

function checkGrammar(events: readonly JsonObject[], fail: (what: string) => void): void {
  let open = -1;
  let next = 0;
  for (const [i, { type, index }] of events.entries()) {
    if ((type === 'message_start') !== (i === 0)) fail('message_start');
    if ((type === 'message_delta') !== (i === events.length - 2)) fail('message_delta');
    if ((type === 'message_stop') !== (i === events.length - 1)) fail('message_stop');
    if (type === 'content_block_start') {
      if (open >= 0 || index !== next) fail('content_block_start');
      open = next++;
    } else if (type === 'content_block_delta' && index !== open) fail('content_block_delta');
    else if (type === 'content_block_stop') {
      if (index !== open) fail('content_block_stop');
      open = -1;
    } else if (type === 'message_delta' && open >= 0) fail('a block is open');
  }
}

// Counting a stream, and taking the injected usage event out, must not depend on how the bytes were split.
import t from 'tap';
import { messages } from '../../../../src/core/dialects/anthropic.ts';
import type { Api } from '../../../../src/core/dialects/api.ts';
import { chat } from '../../../../src/core/dialects/openai.ts';
import { HELD_BYTES_MAX } from '../../../../src/core/meter/meter.ts';
import { StreamMeter } from '../../../../src/core/meter/stream.ts';
import type { TokenCounts } from '../../../../src/core/types.ts';

function meter(dialect: Api, chunks: readonly Buffer[], usageHidden = false) {
  const counts: TokenCounts = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
  const stream = new StreamMeter(dialect, counts, usageHidden);
  const out: Uint8Array[] = [];
  for (const chunk of chunks) stream.push(chunk, out);
  const { whole, failed } = stream;
  const events = Buffer.concat(out).toString();
  stream.finish(out);
  const settled = stream.settle(false);
  const { source, seen } =
    typeof settled === 'string'
      ? { source: settled, seen: undefined }
      : { source: 'observed', seen: settled };
  return { counts, source, seen, whole, failed, events, text: Buffer.concat(out).toString() };
}

const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const delta = (content: string, more = {}) =>
  data({
    id: 'c',
    object: 'chat.completion.chunk',
    choices: [{ index: 0, delta: { content }, finish_reason: null }],
    usage: null,
    ...more,
  });
const finish = data({ id: 'c', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], usage: null });
const usage = data({
  id: 'c',
  choices: [],
  usage: {
    prompt_tokens: 11,
    completion_tokens: 7,
    total_tokens: 18,
    prompt_tokens_details: { cached_tokens: 5 },
    completion_tokens_details: { reasoning_tokens: 3 },
  },
});
const DONE = 'data: [DONE]\n\n';
const LOOKALIKE = '"usage":{"prompt_tokens":999,"completion_tokens":999} } ] \\ \n\ndata: [DONE]\n\n';

const OPENAI = `: comment\n\n${delta('Hi "there" {[')}${delta(LOOKALIKE)}${finish}${usage}${DONE}`;

const event = (value: { type: string }): string =>
  `event: ${value.type}\r\ndata: ${JSON.stringify(value)}  \r\n\r\n`;
const ANTHROPIC = [
  event({
    type: 'message_start',
    message: { usage: { input_tokens: 43, cache_read_input_tokens: 10, output_tokens: 1 } },
  } as never),
  event({ type: 'ping' }),
  event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: LOOKALIKE } } as never),
  event({
    type: 'content_block_delta',
    index: 1,
    delta: { type: 'input_json_delta', partial_json: '{"usage":' },
  } as never),
  event({
    type: 'message_delta',
    delta: { stop_reason: 'end_turn' },
    usage: { input_tokens: 61, output_tokens: 29, cache_creation_input_tokens: null },
  } as never),
  event({ type: 'message_stop' }),
].join('');

function everySplit(text: string): Buffer[][] {
  const bytes = Buffer.from(text);
  const splits = Array.from({ length: bytes.length - 1 }, (_, i) => [
    bytes.subarray(0, i + 1),
    bytes.subarray(i + 1),
  ]);
  return [...splits, Array.from(bytes, (byte) => Buffer.of(byte)), [bytes]];
}

t.test('OpenAI: reported usage, however the bytes are split', async (t) => {
  for (const chunks of everySplit(OPENAI)) {
    const { counts, source, whole, failed, text } = meter(chat, chunks);
    t.same(counts, { input: 11, output: 7, cacheRead: 5, cacheWrite: 0, reasoning: 3 });
    t.same({ source, whole, failed }, { source: 'reported', whole: true, failed: false });
    t.equal(text, OPENAI);
  }
});

t.test('OpenAI: the usage event that the client did not ask for is taken out, and only that', async (t) => {
  const expected = OPENAI.replace(usage, '');
  for (const chunks of everySplit(OPENAI)) {
    const { counts, text } = meter(chat, chunks, true);
    t.equal(text, expected);
    t.equal(counts.output, 7);
  }
});

t.test('OpenAI: usage beside choices is counted and stays', async (t) => {
  const stream = `${delta('a', { usage: { prompt_tokens: 3, completion_tokens: 1 } })}${delta('b', { usage: { prompt_tokens: 3, completion_tokens: 2 } })}${finish}${DONE}`;
  const { counts, text } = meter(chat, [Buffer.from(stream)], true);
  t.equal(text, stream);
  t.match(counts, { input: 3, output: 2 }, 'the last running total counts');
});

t.test('Anthropic: fields are merged, not added, however the bytes are split', async (t) => {
  for (const chunks of everySplit(ANTHROPIC)) {
    const { counts, source, whole, text } = meter(messages, chunks);
    t.same(counts, { input: 71, output: 29, cacheRead: 10, cacheWrite: 0, reasoning: 0 });
    t.same({ source, whole }, { source: 'reported', whole: true });
    t.equal(text, ANTHROPIC);
  }
});

t.test('only whole events are forwarded before the end', async (t) => {
  const cut = Buffer.from(OPENAI).subarray(0, OPENAI.indexOf('there') + 2);
  t.equal(meter(chat, [cut]).events, ': comment\n\n');
  t.equal(meter(chat, [cut]).text, cut.toString());
});

t.test('an overlong event goes out before its end', async (t) => {
  const long = delta('x'.repeat(HELD_BYTES_MAX * 3));
  const bytes = Buffer.from(`${long}${finish}${usage}${DONE}`);
  const chunks = Array.from({ length: Math.ceil(bytes.length / 10_000) }, (_, i) =>
    bytes.subarray(i * 10_000, (i + 1) * 10_000),
  );
  t.ok(meter(chat, chunks.slice(0, 10), true).events.length > HELD_BYTES_MAX);
  const { text, counts } = meter(chat, chunks, true);
  t.equal(text, `${long}${finish}${DONE}`);
  t.equal(counts.output, 7);
});

t.test('a stream is whole only if it says so', async (t) => {
  const whole = (dialect: Api, text: string) => meter(dialect, [Buffer.from(text)]).whole;
  t.notOk(whole(chat, delta('a')));
  t.ok(whole(chat, delta('a') + finish), 'a reason to finish will do');
  t.ok(whole(chat, delta('a') + DONE));
  t.notOk(whole(chat, delta('[DONE]')));
  t.notOk(whole(messages, ANTHROPIC.slice(0, ANTHROPIC.indexOf('event: message_stop'))));
  t.notOk(whole(chat, ''));
});

t.test('errors inside a stream are seen', async (t) => {
  const failed = (dialect: Api, text: string) => meter(dialect, [Buffer.from(text)]).failed;
  t.ok(failed(chat, delta('a') + data({ error: { message: 'x' } })));
  t.ok(failed(messages, event({ type: 'error', error: { type: 'overloaded_error' } } as never)));
  t.notOk(failed(chat, delta('"error":{"message":"x"}') + data({ error: null, choices: [] })));
});

t.test('without usage there is a sample of what was seen, the same however it was split', async (t) => {
  const long = '0123456789abcdef'.repeat(5);
  const stream = `${delta(long)}${delta('a\n"b"\u4f60')}${finish}${DONE}`;
  const content = Buffer.from(`${long}a\\n\\"b\\"\u4f60`);
  for (const chunks of everySplit(stream)) {
    const { seen } = meter(chat, chunks);
    t.equal(seen?.textBytes, 80 + 11);
    t.ok(seen?.sample.equals(content));
  }
});

t.test('the sample has a bound, and its memory is used again by others', async (t) => {
  for (const letter of ['a', 'b']) {
    const { seen } = meter(chat, [Buffer.from(delta(letter.repeat(3_000)) + delta(letter.repeat(3_000)))]);
    t.equal(seen?.textBytes, 6_000);
    t.equal(seen?.sample.toString(), letter.repeat(4_096));
  }
});

t.test('broken upstream JSON does not break the meter', async (t) => {
  for (const text of [
    'data: }}]]\n\n',
    'data: {"usage":{"prompt_tokens":\n\n',
    'data: {"usage":{]}}}\n\n',
    'data\n\ndat',
    '\r\n\r\n',
  ]) {
    for (const chunks of everySplit(text + delta('abcd') + finish + usage + DONE)) {
      t.match(meter(chat, chunks), { source: 'reported', counts: { input: 11, output: 7 } }, text);
    }
  }
});

t.test('usage beside an error is not hidden, or the error would be', async (t) => {
  const stream = data({
    error: { message: 'overloaded' },
    usage: { prompt_tokens: 3, completion_tokens: 0 },
  });
  const { text, failed } = meter(chat, [Buffer.from(stream)], true);
  t.equal(text, stream);
  t.ok(failed);
});

t.test('usage without a count is no report', async (t) => {
  for (const empty of [
    {},
    { completion_tokens: null },
    { completion_tokens: -1 },
    { completion_tokens: 'many' },
    { prompt_tokens: 9 },
  ]) {
    const stream = `${delta('x'.repeat(400))}${finish}${data({ choices: [], usage: empty })}${DONE}`;
    const { source, counts, seen } = meter(chat, [Buffer.from(stream)]);
    t.equal(source, 'observed', JSON.stringify(empty));
    t.equal(seen?.textBytes, 400);
    t.equal(counts.output, 0);
  }
});

t.test('an error in the place of an answer has nothing to count, one behind its beginning has', async (t) => {
  const error = event({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } } as never);
  t.equal(meter(messages, [Buffer.from(error)]).source, 'none');
  const start = event({ type: 'message_start', message: { usage: { input_tokens: 7 } } } as never);
  t.match(meter(messages, [Buffer.from(start + error)]), { seen: { textBytes: 0 }, counts: { input: 7 } });
});

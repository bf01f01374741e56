// Counting the responses API, whose streams say everything twice and tell their usage inside the last event; and
// embeddings, whose answers hold numbers and no text.
import t from 'tap';
import { embeddings } from '../../../../src/core/dialects/openai.ts';
import { responses } from '../../../../src/core/dialects/responses.ts';
import { DocumentMeter } from '../../../../src/core/meter/document.ts';
import type { Meter } from '../../../../src/core/meter/meter.ts';
import { StreamMeter } from '../../../../src/core/meter/stream.ts';
import type { TokenCounts } from '../../../../src/core/types.ts';
import { seeded } from '../../../fixtures/random.ts';

const NONE: TokenCounts = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
const USAGE = {
  input_tokens: 50,
  input_tokens_details: { cached_tokens: 30, cache_write_tokens: 5 },
  output_tokens: 20,
  output_tokens_details: { reasoning_tokens: 8 },
  total_tokens: 70,
};
const COUNTS = { input: 50, output: 20, cacheRead: 30, cacheWrite: 5, reasoning: 8 };

const TEXT = 'Said "once" {[]} \\ ';
const ARGUMENTS = '{"city":"Bern"}';
const THOUGHT = 'Hm, hm.';
const REFUSAL = 'I cannot help with that.';
/** As they stand in JSON. */
const TEXT_BYTES = [TEXT, ARGUMENTS, THOUGHT, REFUSAL]
  .map((text) => JSON.stringify(text).length - 2)
  .reduce((a, b) => a + b);

const OUTPUT = [
  { id: 'rs_1', type: 'reasoning', summary: [{ type: 'summary_text', text: THOUGHT }] },
  {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [
      { type: 'output_text', text: TEXT, annotations: [], logprobs: [] },
      { type: 'refusal', refusal: REFUSAL },
    ],
  },
  { id: 'fc_1', type: 'function_call', call_id: 'call_1', name: 'weather', arguments: ARGUMENTS },
];

const document = (status: string, more: object = {}): object => ({
  id: 'resp_1',
  object: 'response',
  status,
  error: null,
  instructions: 'Be brief.',
  output: [],
  text: { format: { type: 'text' } },
  usage: null,
  ...more,
});

const event = (type: string, more: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: 1, ...more })}\n\n`;

const BEGINNING = [
  event('response.created', { response: document('in_progress') }),
  event('response.in_progress', { response: document('in_progress') }),
].join('');
const SAID = [
  event('response.output_item.added', { item: { ...OUTPUT[0], summary: [] } }),
  event('response.reasoning_summary_part.added', { part: { type: 'summary_text', text: '' } }),
  event('response.reasoning_summary_text.delta', { delta: THOUGHT, obfuscation: 'xyz' }),
  event('response.reasoning_summary_text.done', { text: THOUGHT }),
  event('response.reasoning_summary_part.done', { part: { type: 'summary_text', text: THOUGHT } }),
  event('response.output_item.done', { item: OUTPUT[0] }),
  event('response.output_text.delta', { delta: TEXT, logprobs: [] }),
  event('response.output_text.done', { text: TEXT, logprobs: [] }),
  event('response.refusal.delta', { delta: REFUSAL }),
  event('response.refusal.done', { refusal: REFUSAL }),
  event('response.output_item.done', { item: OUTPUT[1] }),
  event('response.function_call_arguments.delta', { delta: ARGUMENTS }),
  event('response.function_call_arguments.done', { arguments: ARGUMENTS }),
  event('response.output_item.done', { item: OUTPUT[2] }),
].join('');
const ended = (status: string, more: object = {}): string =>
  event(`response.${status}`, { response: document(status, { output: OUTPUT, usage: USAGE, ...more }) });

function read(meter: Meter, counts: TokenCounts, chunks: readonly Buffer[]) {
  const out: Uint8Array[] = [];
  for (const chunk of chunks) meter.push(chunk, out);
  const { whole, failed } = meter;
  meter.finish(out);
  const settled = meter.settle(false);
  const [source, textBytes] = typeof settled === 'string' ? [settled, 0] : ['observed', settled.textBytes];
  return { counts, source, textBytes, whole, failed, text: Buffer.concat(out).toString() };
}

function stream(text: string | readonly Buffer[]) {
  const counts = { ...NONE };
  const chunks = typeof text === 'string' ? [Buffer.from(text)] : text;
  return read(new StreamMeter(responses, counts, false), counts, chunks);
}

function answer(value: object, api = responses) {
  const counts = { ...NONE };
  const chunks = [Buffer.from(JSON.stringify(value))];
  return read(new DocumentMeter(api, counts), counts, chunks);
}

t.test('a stream reports its usage inside the event that ends it, however the bytes are split', async (t) => {
  const text = BEGINNING + SAID + ended('completed');
  const bytes = Buffer.from(text);
  const random = seeded(7);
  const expected = { counts: COUNTS, source: 'reported', whole: true, failed: false, text, textBytes: 0 };
  t.same(stream(text), expected);
  t.same(stream(Array.from(bytes, (byte) => Buffer.of(byte))), expected);
  for (let i = 0; i < 300; i++) {
    const at = 1 + Math.floor(random() * (bytes.length - 1));
    t.same(stream([bytes.subarray(0, at), bytes.subarray(at)]), expected);
  }
});

t.test('each of the three ends is an end, and one of them a failure', async (t) => {
  const end = (status: string, more = {}) => {
    const { whole, failed, source, counts } = stream(BEGINNING + SAID + ended(status, more));
    t.same({ source, counts }, { source: 'reported', counts: COUNTS });
    return { whole, failed };
  };
  t.same(end('completed'), { whole: true, failed: false });
  t.same(end('incomplete', { incomplete_details: { reason: 'max_output_tokens' } }), {
    whole: true,
    failed: false,
  });
  t.same(end('failed', { error: { code: 'server_error', message: 'x' } }), { whole: true, failed: true });
  t.match(stream(BEGINNING + SAID), { whole: false, failed: false });
  t.match(stream(`${BEGINNING}data: [DONE]\n\n`), { whole: true }, 'some servers end it like other streams');
  t.match(stream(BEGINNING + event('error', { code: 'server_error', message: 'x' })), { failed: true });
});

t.test('what the model says looks like an end, and is none', async (t) => {
  const delta = JSON.stringify({ type: 'response.failed', response: { usage: USAGE } });
  const said = stream(BEGINNING + event('response.output_text.delta', { delta }));
  t.match(said, { whole: false, failed: false, source: 'observed' });
});

t.test('without usage, text is counted once', async (t) => {
  for (const usage of [null, {}, { output_tokens: 'many' }]) {
    const { source, textBytes } = stream(BEGINNING + SAID + ended('completed', { usage }));
    t.equal(source, 'observed');
    t.equal(textBytes, TEXT_BYTES);
  }
});

t.test('usage at the beginning of a stream that breaks off is no report', async (t) => {
  const begun = event('response.created', {
    response: document('in_progress', { usage: { ...USAGE, output_tokens: 0 } }),
  });
  const { source, counts, textBytes } = stream(begun + SAID);
  t.equal(source, 'observed');
  t.match(counts, { input: 50, output: 0 });
  t.equal(textBytes, TEXT_BYTES);
});

t.test('a document', async (t) => {
  t.match(answer(document('completed', { output: OUTPUT, usage: USAGE })), {
    counts: COUNTS,
    source: 'reported',
    whole: true,
    failed: false,
  });
  t.match(answer(document('incomplete', { output: OUTPUT })), {
    textBytes: TEXT_BYTES,
    source: 'observed',
    failed: false,
  });
  t.equal(answer(document('failed')).failed, true);
  t.equal(answer(document('completed', { error: { code: 'server_error', message: 'x' } })).failed, true);
  t.equal(answer(document('completed', { output: [{ type: 'message', status: 'failed' }] })).failed, false);
});

t.test('embeddings: the prompt is counted, and nothing else', async (t) => {
  const data = [
    { object: 'embedding', index: 0, embedding: [0.25, -0.5] },
    { object: 'embedding', index: 1, embedding: 'AACAPgAAAL8='.repeat(100) },
  ];
  const list = { object: 'list', data, model: 'text-embedding-3-small' };
  const reported = answer({ ...list, usage: { prompt_tokens: 9, total_tokens: 9 } }, embeddings);
  t.match(reported, { counts: { ...NONE, input: 9 }, source: 'reported', whole: true });
  const estimated = answer(list, embeddings);
  t.match(estimated, { counts: NONE, source: 'observed', textBytes: 0, whole: true });
});

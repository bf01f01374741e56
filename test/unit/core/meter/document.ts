// An answer that is one JSON document: its usage, and whether it is whole, however the bytes are split.
import t from 'tap';
import { messages } from '../../../../src/core/dialects/anthropic.ts';
import { DocumentMeter } from '../../../../src/core/meter/document.ts';
import type { TokenCounts } from '../../../../src/core/types.ts';

const ANSWER = JSON.stringify({
  type: 'message',
  content: [
    { type: 'text', text: '"usage":{"input_tokens":999} } ] \\' },
    { type: 'tool_use', input: { usage: { input_tokens: 999, output_tokens: 999 } } },
  ],
  stop_reason: 'tool_use',
  usage: { input_tokens: 12, cache_creation_input_tokens: 3, cache_read_input_tokens: 4, output_tokens: 5 },
});

function read(chunks: readonly Buffer[]) {
  const counts: TokenCounts = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
  const meter = new DocumentMeter(messages, counts);
  const out: Uint8Array[] = [];
  for (const chunk of chunks) meter.push(chunk, out);
  return {
    counts,
    whole: meter.whole,
    source: meter.settle(false),
    text: Buffer.concat(out).toString(),
  };
}

t.test('usage at the root counts, wherever the bytes are split', async (t) => {
  const bytes = Buffer.from(ANSWER);
  for (let i = 1; i < bytes.length; i++) {
    const { counts, whole, source, text } = read([bytes.subarray(0, i), bytes.subarray(i)]);
    t.same(counts, { input: 19, output: 5, cacheRead: 4, cacheWrite: 3, reasoning: 0 });
    t.same({ whole, source, text }, { whole: true, source: 'reported', text: ANSWER });
  }
});

t.test('an answer that breaks off is not whole', async (t) => {
  const bytes = Buffer.from(ANSWER);
  for (let i = 0; i < bytes.length; i++) t.equal(read([bytes.subarray(0, i)]).whole, false);
  t.equal(read([Buffer.from('<html>Bad gateway</html>')]).whole, false);
});

t.test('an error in the place of an answer has nothing to count', async (t) => {
  const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
  t.match(read([Buffer.from(JSON.stringify(error))]), { source: 'none', whole: true });
  const begun = { ...error, content: [{ type: 'text', text: 'Some words' }] };
  t.match(read([Buffer.from(JSON.stringify(begun))]), { source: { textBytes: 10 } });
});

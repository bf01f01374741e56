// The token counts of a row, answer by answer: what the upstream reported, wherever its bytes were cut and whatever
// shape it has; what was observed, where nothing was reported; and never what only looks like a report.
import t from 'tap';
import type { Script } from '../../sim/script.ts';
import { startGateway, type UsageLog } from '../fixtures/gateway.ts';
import { asking } from '../fixtures/sdk.ts';

const gateway = await startGateway(t);
const token = await gateway.createKey('cursor-pro-sonnet');
const { antigravity, ghcp } = gateway.upstreams;
const USAGE = { input: 4_321, output: 1_234, cacheRead: 3_000, cacheWrite: 1_000, reasoning: 567 };
const REPORTED = {
  count_source: 'reported',
  outcome: 'completed',
  input: 4_321,
  output: 1_234,
  token_count: 5_555,
};

const DIALECTS = [
  {
    path: '/v1/chat/completions',
    upstream: ghcp,
    report: { cache_read: 3_000, cache_write: 0, reasoning: 567 },
  },
  {
    path: '/v1/messages',
    upstream: antigravity,
    report: { cache_read: 3_000, cache_write: 1_000, reasoning: 0 },
  },
] as const;

let asked = 0;

async function ask(
  path: string,
  script: Script,
  more: object = {},
): Promise<{ text: string; row: UsageLog }> {
  const id = `counted-${++asked}`;
  const request = { model: 'auto', max_tokens: 100, messages: asking({ id, ...script }), ...more };
  const response = await gateway.post(path, token, request, { 'x-request-id': id });
  return { text: await response.text(), row: await gateway.row(id) };
}

for (const { path, upstream, report } of DIALECTS) {
  t.test(path, async (t) => {
    for (const stream of [false, true]) {
      for (const splitBytes of [1, 7, 64, undefined]) {
        const script = {
          text: 'Grüße, 世界 🌍',
          usage: USAGE,
          lookalikes: true,
          ...(splitBytes && { splitBytes }),
        };
        const { text, row } = await ask(path, script, { stream });
        const name = `stream ${stream}, pieces of ${splitBytes} bytes`;
        t.match(row, { ...REPORTED, ...report, streamed: stream }, name);
        const sent = upstream.books.last(row.client_request_id!)!.sent.toString();
        if (path === '/v1/messages' || !stream) t.equal(text, sent, `${name}: byte for byte`);
        else t.equal(text, withoutUsageEvent(sent), `${name}: byte for byte, but for the usage`);
      }
      const { row } = await ask(path, { chunks: 10, chunkBytes: 40, usage: false }, { stream });
      t.match(row, { count_source: 'observed', outcome: 'completed' });
      t.ok(row.output >= 80 && row.output < 150, 'output by its text: 400 bytes of filler', { row });
      t.ok(row.input > 0);
    }
    const tools = [{ name: 'find', arguments: { query: 'x'.repeat(200) } }];
    const { row } = await ask(path, { tools, usage: false, lookalikes: true }, { stream: true });
    t.equal(row.count_source, 'observed');
    t.ok(row.output >= 50 && row.output < 999, 'tool calls are output', { row });
    t.match((await ask(path, { usage: USAGE, crlf: true, oddities: true }, { stream: true })).row, REPORTED);
  });
}

t.test('OpenAI: a client that asks for usage gets it', async (t) => {
  const { text, row } = await ask(
    '/v1/chat/completions',
    { usage: USAGE },
    {
      stream: true,
      stream_options: { include_usage: true },
    },
  );
  t.equal(text, ghcp.books.last(row.client_request_id!)!.sent.toString());
  t.match(text, /"choices":\[\],"usage":\{"prompt_tokens":4321/);
  t.match(row, REPORTED);
});

t.test('OpenAI: usage where only some upstreams have it', async (t) => {
  for (const usageShape of ['every-chunk', 'finish-chunk'] as const) {
    for (const splitBytes of [7, undefined]) {
      const script = { usage: USAGE, usageShape, ...(splitBytes && { splitBytes }) };
      const { text, row } = await ask('/v1/chat/completions', script, { stream: true });
      t.match(row, REPORTED, 'the last of a running total counts');
      t.equal(text, ghcp.books.last(row.client_request_id!)!.sent.toString(), 'and stays with its choices');
    }
  }
});

t.test('Anthropic: what is corrected or null at the end', async (t) => {
  for (const usageShape of ['corrected', 'nulls'] as const) {
    for (const splitBytes of [7, undefined]) {
      const script = { usage: USAGE, usageShape, ...(splitBytes && { splitBytes }) };
      const { row } = await ask('/v1/messages', script, { stream: true });
      t.match(row, { ...REPORTED, cache_read: 3_000, cache_write: 1_000 }, usageShape);
    }
  }
});

/** The stream as it is without the event that the gateway has asked for: usage without choices. */
function withoutUsageEvent(sent: string): string {
  const events = sent.split(/(?<=\n\n)/);
  const kept = events.filter(
    (event) => !(event.includes('"choices":[],') && event.includes('"prompt_tokens"')),
  );
  if (kept.length !== events.length - 1) throw new Error(`${events.length - kept.length} usage events`);
  return kept.join('');
}

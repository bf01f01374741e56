// A mixed crowd of clients over two workers: afterwards the rows of usage and the upstreams' own books tell the same.
import t from 'tap';
import type { Entry } from '../../sim/entry.ts';
import type { Script } from '../../sim/script.ts';
import { startGateway, type UsageLog } from '../fixtures/gateway.ts';
import { poll } from '../fixtures/poll.ts';
import { parseMetrics } from '../fixtures/prometheus.ts';
import { seeded } from '../fixtures/random.ts';
import { asking } from '../fixtures/sdk.ts';

const REQUESTS = 320;
const CLIENTS = 16;

interface Kind {
  readonly share: number;
  readonly script: Script;
  readonly stream?: boolean;
  /** Whether the client leaves when the first text has come. */
  readonly leaves?: boolean;
  readonly outcome: UsageLog['outcome'];
  readonly source: UsageLog['count_source'];
}

const LONG = { chunks: 200, chunkBytes: 20, delayMs: 10 };
const USAGE = { input: 1_000_003, output: 70_001, cacheRead: 900_000, reasoning: 60_000 };
const KINDS: readonly Kind[] = [
  { share: 6, script: {}, outcome: 'completed', source: 'reported' },
  { share: 6, script: {}, stream: true, outcome: 'completed', source: 'reported' },
  {
    share: 2,
    script: { usage: USAGE, splitBytes: 50 },
    stream: true,
    outcome: 'completed',
    source: 'reported',
  },
  {
    share: 2,
    script: { lookalikes: true, burst: true },
    stream: true,
    outcome: 'completed',
    source: 'reported',
  },
  { share: 1, script: { usage: false }, outcome: 'completed', source: 'observed' },
  { share: 1, script: { usage: false }, stream: true, outcome: 'completed', source: 'observed' },
  { share: 3, script: LONG, stream: true, leaves: true, outcome: 'client_aborted', source: 'observed' },
  { share: 1, script: { status: 429 }, outcome: 'upstream_failed', source: 'none' },
  { share: 1, script: { fault: 'reset-before-head' }, outcome: 'upstream_failed', source: 'none' },
  {
    share: 1,
    script: { fault: 'reset-mid-stream' },
    stream: true,
    outcome: 'upstream_failed',
    source: 'observed',
  },
];

const gateway = await startGateway(t);
const { antigravity, ghcp } = gateway.upstreams;
const tokens = await Promise.all(
  ['cursor-pro-auto', 'cursor-pro-sonnet', 'cursor-pro-opus'].map((plan) => gateway.createKey(plan)),
);
const random = seeded(20_261_123);
const lots = KINDS.flatMap((kind) => Array<Kind>(kind.share).fill(kind));
const kindOf = new Map(
  Array.from({ length: REQUESTS }, (_, i) => [`crowd-${i}`, lots[Math.floor(random() * lots.length)]!]),
);

async function send(id: string, { script, stream = false, leaves = false }: Kind): Promise<void> {
  const path = random() < 0.5 ? '/v1/messages' : '/v1/chat/completions';
  const response = await fetch(gateway.url + path, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-api-key': tokens[Math.floor(random() * tokens.length)]!,
      'x-request-id': id,
      // A connection of its own for some, so that both workers get their share.
      ...(random() < 0.3 && { connection: 'close' }),
    },
    body: JSON.stringify({ model: 'auto', max_tokens: 100, stream, messages: asking({ id, ...script }) }),
  });
  if (leaves) {
    // Leaving the loop cancels the request.
    for await (const chunk of response.body!) if (Buffer.from(chunk).includes('fox')) break;
  } else await response.text().catch(() => {});
}

t.test('every request has one row, and every row its request', async (t) => {
  const queue = [...kindOf];
  const client = async () => {
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) await send(...next);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));

  const rows = await gateway.rows(REQUESTS);
  const byClientId = new Map(rows.map((row) => [row.client_request_id, row]));
  t.equal(byClientId.size, REQUESTS);
  t.strictSame([...byClientId.keys()].sort(), [...kindOf.keys()].sort());
  for (const [id, { outcome, source, stream = false }] of kindOf) {
    const row = byClientId.get(id)!;
    if (row.outcome !== outcome || row.count_source !== source || row.streamed !== stream)
      t.fail(id, { row });
    if (row.count_source === 'observed' && row.output === 0) t.fail(`${id}: nothing observed`, { row });
    if (row.token_count !== row.input + row.output) t.fail(`${id}: the parts do not add up`, { row });
  }
});

t.test('rows and upstreams tell the same, whatever the client spoke', async (t) => {
  const rows = await gateway.rows(REQUESTS);
  const entries = new Map<string, Entry>();
  for (const upstream of [antigravity, ghcp]) {
    for (const entry of upstream.books.entries) entries.set(entry.header('x-request-id')!, entry);
    t.equal(upstream.openRequests, 0, 'nothing is left open');
  }
  t.equal(entries.size, REQUESTS);
  const difference = rows.filter((row) => {
    const entry = entries.get(row.request_id);
    return entry?.model !== row.routed_model;
  });
  t.strictSame(difference, [], 'the same models on the same upstreams');

  const reported = rows.filter((row) => row.count_source === 'reported');
  t.ok(reported.length > REQUESTS / 2);
  const sums = (list: readonly Readonly<Record<string, unknown>>[]) =>
    ['input', 'output', 'reasoning'].map((key) => list.reduce((sum, counts) => sum + Number(counts[key]), 0));
  const told = reported.map(({ request_id }) => ({ ...entries.get(request_id)!.reported! }));
  t.strictSame(sums(reported as never), sums(told), 'token sums');
  for (const row of reported) {
    const { input, output, cacheRead, reasoning } = entries.get(row.request_id)!.reported!;
    const { cache_read } = row;
    t.match(
      { ...row, cache_read },
      { input, output, cache_read: cacheRead, reasoning },
      row.client_request_id!,
    );
  }
});

t.test('both workers took part, and their metrics add up', async (t) => {
  const pids = gateway.log.filter(({ code }) => code !== undefined).map(({ pid }) => pid);
  t.strictSame(new Set(pids), new Set(gateway.workers));
  const text = await poll('the last acknowledgement', async () => {
    const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
    return /^apipod_usage_rows_waiting 0$/m.test(metrics) ? metrics : undefined;
  });
  const series = parseMetrics(text);
  const requests = [...series].filter(([name]) =>
    /^apipod_requests_total.*route="\/v1\/(chat|messages)/.test(name),
  );
  t.equal(
    requests.reduce((sum, [, value]) => sum + value, 0),
    REQUESTS,
  );
  t.equal(series.get('apipod_usage_rows_written_total'), REQUESTS);
  t.equal(series.get('apipod_open_exchanges'), 1, 'the scrape itself');
});

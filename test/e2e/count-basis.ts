// What is charged is up to the plan, and changes with it while the gateway runs: what the upstream reported, what was
// observed, or what was delivered. Every row tells all three. A plan may have its upstreams read on when clients leave.
import t from 'tap';
import type { Script } from '../../sim/script.ts';
import type { CountBasis } from '../../src/core/types.ts';
import { DIRECT_MODEL, startGateway, type UsageLog } from '../fixtures/gateway.ts';
import { poll } from '../fixtures/poll.ts';
import { asking } from '../fixtures/sdk.ts';
import { openPost } from '../fixtures/stream.ts';

const PLAN = 'cursor-pro-sonnet';
/** Ten tokens of o200k_base, nine words. */
const SENTENCE = 'The quick brown fox jumps over the lazy dog.';
const SENTENCE_TOKENS = 10;
const SENTENCE_ESTIMATE = 11;
const USAGE = { input: 4_321, output: 1_234 };
/** A stream that is silent for long enough that a client can leave it in its middle. */
const SLOW: Script = { text: SENTENCE, usage: USAGE, midAfter: 3, midDelayMs: 1_500 };

const gateway = await startGateway(t, { env: { WORKERS: '1', CACHE_TTL_MS: '86400000' } });
const token = await gateway.createKey(PLAN);
const { antigravity, ghcp } = gateway.upstreams;
const PATHS = [
  { path: '/v1/chat/completions', upstream: ghcp },
  { path: '/v1/messages', upstream: antigravity },
] as const;
type Path = keyof typeof DIRECT_MODEL;

let asked = 0;
const request = (path: Path, id: string, script: Script, stream: boolean) => ({
  model: DIRECT_MODEL[path],
  max_tokens: 100,
  messages: asking({ id, ...script }),
  stream,
});

/** A whole answer. */
async function ask(path: Path, script: Script, stream = false): Promise<UsageLog> {
  const id = `basis-${++asked}`;
  const response = await gateway.post(path, token, request(path, id, script, stream), { 'x-request-id': id });
  await response.arrayBuffer();
  return gateway.row(id);
}

/** A stream that its client leaves as soon as it has read this. @returns the name of its script, once it has ended */
async function leave(path: Path, script: Script, read: string): Promise<string> {
  const id = `left-${++asked}`;
  const reading = await openPost(gateway.url + path, token, request(path, id, script, true));
  await reading.until(read);
  reading.response.destroy();
  return id;
}

/** The row that came last. */
const newest = async (count: number): Promise<UsageLog> => (await gateway.rows(count)).at(-1)!;
const rowCount = async (): Promise<number> => {
  const [row] = await gateway.database.query<{ count: number }>('SELECT count(*)::int FROM usage_logs');
  return row!.count;
};

/** Resolves when the gateway goes by it: as a rule with the first request. */
async function charge(countBasis: CountBasis, drainSeconds = 0): Promise<void> {
  await gateway.database.query(
    'UPDATE subscriptions SET count_basis = $1, drain_seconds = $2 WHERE sub_name = $3',
    [countBasis, drainSeconds, PLAN],
  );
  await poll(`a row that is charged as ${countBasis}`, async () => {
    const { count_source } = await ask('/v1/chat/completions', { usage: USAGE });
    return count_source === countBasis ? true : undefined;
  });
}

const WHOLE = {
  outcome: 'completed',
  reported_input: USAGE.input,
  reported_output: USAGE.output,
  delivered_output: USAGE.output,
};

for (const [basis, charged, observed] of [
  ['observed', { output: SENTENCE_TOKENS }, SENTENCE_TOKENS],
  ['delivered', USAGE, SENTENCE_TOKENS],
  // Nothing is counted that is neither charged nor needed: an estimate will do.
  ['reported', USAGE, SENTENCE_ESTIMATE],
] as const) {
  t.test(`charged as ${basis}`, async (t) => {
    await charge(basis);
    for (const { path } of PATHS) {
      for (const stream of [false, true]) {
        const row = await ask(path, { text: SENTENCE, usage: USAGE }, stream);
        t.match(
          row,
          { ...WHOLE, ...charged, count_source: basis, observed_output: observed },
          `${path} ${stream}`,
        );
        t.equal(row.token_count, row.input + row.output);
        t.ok(row.observed_input > 10 && row.observed_input < 150, 'the prompt, by our own count', { row });
        if (basis === 'observed') t.equal(row.input, row.observed_input);

        const unreported = await ask(path, { text: SENTENCE, usage: false }, stream);
        t.match(
          unreported,
          {
            count_source: basis === 'delivered' ? 'delivered' : 'observed',
            output: SENTENCE_TOKENS,
            reported_output: null,
            delivered_output: SENTENCE_TOKENS,
          },
          'our own count stands in for a report',
        );
      }
    }
  });
}

t.test('a client that leaves: the upstream is cancelled, and what came until then is counted', async (t) => {
  for (const basis of ['observed', 'delivered', 'reported'] as const) {
    await charge(basis);
    for (const { path, upstream } of PATHS) {
      const before = await rowCount();
      const id = await leave(path, SLOW, 'brown');
      await upstream.until('aborted', id);
      const row = await newest(before + 1);
      t.match(row, {
        outcome: 'client_aborted',
        count_source: basis === 'delivered' ? 'delivered' : 'observed',
        reported_output: null,
        // An Anthropic stream tells its input at the beginning.
        reported_input: path === '/v1/messages' ? USAGE.input : null,
      });
      t.ok(row.output > 0 && row.output <= SENTENCE_TOKENS, `${basis} ${path}`, { row });
      t.ok(row.delivered_output > 0 && row.delivered_output <= row.output);
    }
  }
});

t.test('drained: the upstream ends, and its report is charged to the token', async (t) => {
  await charge('delivered');
  await charge('reported', 30);
  for (const { path, upstream } of PATHS) {
    for (const script of [SLOW, { text: SENTENCE, midAfter: 3, midDelayMs: 1_500 }]) {
      const before = await rowCount();
      const id = await leave(path, script, 'brown');
      const entry = await upstream.until('finished', id);
      const row = await newest(before + 1);
      const { input, output } = entry.reported!;
      t.match(row, {
        outcome: 'client_aborted',
        status: 200,
        count_source: 'reported',
        input,
        output,
        token_count: input + output,
        reported_input: input,
        reported_output: output,
      });
      t.ok(row.delivered_output > 0 && row.delivered_output < row.output, 'not all of it was delivered', {
        row,
      });
    }
  }
});

t.test('drained, and charged by what was delivered: the true count, and the part of it', async (t) => {
  await charge('delivered', 30);
  for (const { path, upstream } of PATHS) {
    const before = await rowCount();
    const id = await leave(path, SLOW, 'brown');
    await upstream.until('finished', id);
    const row = await newest(before + 1);
    t.match(row, { outcome: 'client_aborted', count_source: 'delivered', reported_output: USAGE.output });
    t.equal(row.output, row.delivered_output);
    t.ok(row.output > 0 && row.output < USAGE.output, path, { row });
  }
});

t.test('drained for no longer than the plan says', async (t) => {
  await charge('reported', 1);
  for (const { path, upstream } of PATHS) {
    const before = await rowCount();
    const id = await leave(path, { text: SENTENCE, fault: 'stall-mid-stream', after: 3 }, 'brown');
    await upstream.until('aborted', id);
    const row = await newest(before + 1);
    t.match(row, { outcome: 'client_aborted', count_source: 'observed', reported_output: null });
    t.ok(row.output > 0, path);
  }
});

t.test('a gateway that stops does not wait for what nobody reads', async (t) => {
  const hurried = await startGateway(t, {
    database: gateway.database,
    upstreams: gateway.upstreams,
    env: { WORKERS: '1', SHUTDOWN_TIMEOUT_MS: '200' },
  });
  await gateway.database.query('UPDATE subscriptions SET drain_seconds = 600');
  const before = await rowCount();
  const id = `left-${++asked}`;
  const body = request(
    '/v1/chat/completions',
    id,
    { text: SENTENCE, fault: 'stall-mid-stream', after: 3 },
    true,
  );
  // Its plan is read anew: this gateway has not been asked before.
  const reading = await openPost(`${hurried.url}/v1/chat/completions`, token, body);
  await reading.until('brown');
  reading.response.destroy();
  t.strictSame(await hurried.stop(), { code: 0, signal: null });
  t.match(await newest(before + 1), { outcome: 'client_aborted', count_source: 'observed' });
});

// The load, as a program: each message is an order, each answer says what came of it. One process for all rounds, so
// that it is warm, and apart from the gateway, so that its CPU time is not the gateway's.
import { createRequire } from 'node:module';
import { quantile } from './statistics.ts';

export interface LoadOrder {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly connections: number;
  /** Requests in all. */
  readonly amount: number;
  /** A response is good if its body has this length and this end. */
  readonly expected: { readonly length: number; readonly end: string };
}

export interface LoadResult {
  readonly sent: number;
  /** Responses with status 200 and the expected body. */
  readonly good: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** What is used of autocannon, which has no types of its own. */
type Autocannon = (options: object) => Tracker;
interface Tracker
  extends Promise<{ readonly mismatches: number; readonly '2xx': number; readonly errors: number }> {
  on(event: 'response', listener: (client: unknown, status: number, bytes: number, ms: number) => void): void;
}

const autocannon = createRequire(import.meta.url)('autocannon') as Autocannon;

async function load(order: LoadOrder): Promise<LoadResult> {
  const { url, headers, body, connections, amount, expected } = order;
  const latenciesMs: number[] = [];
  const startedAt = performance.now();
  let endedAt = startedAt;
  const tracker = autocannon({
    url,
    method: 'POST',
    headers,
    body,
    connections,
    amount,
    // autocannon ends with a sample, and counts nothing that we use in them.
    sampleInt: 50,
    verifyBody: (text: string) => text.length === expected.length && text.endsWith(expected.end),
  });
  tracker.on('response', (_client, _status, _bytes, ms) => {
    latenciesMs.push(ms);
    endedAt = performance.now();
  });
  const result = await tracker;
  return {
    sent: amount,
    good: result['2xx'] - result.mismatches,
    seconds: (endedAt - startedAt) / 1e3,
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
  };
}

process.on('message', async (order: LoadOrder) => process.send!(await load(order)));

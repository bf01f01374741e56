import type { Arm } from './arm.ts';

/** How long the records of a case waited for the journal, by the gateway's own histogram. */
export interface Waits {
  readonly title: string;
  /** Writes. */
  readonly turns: number;
  /** Upper bounds of the buckets that the quantiles fall into, in milliseconds. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Of the writes, those that all records waited no longer than 0.1 ms for. */
  readonly share: number;
}

const BUCKET = /^apipod_journal_wait_seconds_bucket\{le="([^"]+)"\} (\d+)$/gm;
const GOAL_SECONDS = 0.0001;

/** @param run puts load on the arm. @returns what it gives, and the waits meanwhile */
export async function withWaits<T>(arm: Arm, title: string, run: () => Promise<T>): Promise<[T, Waits]> {
  const before = await buckets(arm);
  const result = await run();
  const counts = new Map([...(await buckets(arm))].map(([le, count]) => [le, count - (before.get(le) ?? 0)]));
  const turns = counts.get(Number.POSITIVE_INFINITY) ?? 0;
  const quantile = (q: number) => 1e3 * ([...counts].find(([, count]) => count >= q * turns)?.[0] ?? 0);
  const share = (counts.get(GOAL_SECONDS) ?? 0) / Math.max(1, turns);
  return [result, { title, turns, p50Ms: quantile(0.5), p99Ms: quantile(0.99), share }];
}

/** Cumulative counts by upper bound in seconds, ascending. */
async function buckets({ url }: Arm): Promise<Map<number, number>> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return new Map(
    Array.from(text.matchAll(BUCKET), ([, le, count]) => [
      le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le),
      Number(count),
    ]),
  );
}

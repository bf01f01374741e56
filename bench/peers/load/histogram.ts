import type { LatencyMs } from './orders.ts';

/** 1 % apart, from 1 µs to more than a minute. */
const STEP = Math.log(1.01);
const BUCKETS = Math.ceil(Math.log(100e6) / STEP);

/** Durations, to 1 % each, in a fixed number of counts: recording one allocates nothing. */
export class Histogram {
  readonly #counts = new Float64Array(BUCKETS);
  #total = 0;
  #max = 0;

  /** @param ms less than 1 µs counts as 1 µs */
  record(ms: number): void {
    const bucket = ms > 1e-3 ? Math.floor(Math.log(ms * 1e3) / STEP) : 0;
    this.#counts[Math.min(bucket, BUCKETS - 1)]!++;
    this.#total++;
    if (ms > this.#max) this.#max = ms;
  }

  /** @param share 0.99 for p99. @returns ms, at most 1 % too much; NaN if there is nothing */
  quantile(share: number): number {
    if (this.#total === 0) return Number.NaN;
    const rank = Math.max(1, Math.ceil(share * this.#total));
    let seen = 0;
    let bucket = -1;
    while (seen < rank) seen += this.#counts[++bucket]!;
    return Math.min(this.#max, Math.exp((bucket + 1) * STEP) / 1e3);
  }

  summary(): LatencyMs {
    const [p50, p90, p99, p999] = [0.5, 0.9, 0.99, 0.999].map((share) => this.quantile(share));
    return { p50: p50!, p90: p90!, p99: p99!, p999: p999!, max: this.#max };
  }
}

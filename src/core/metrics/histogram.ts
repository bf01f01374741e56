export interface HistogramDelta {
  /** For each bucket, that of infinity last; not cumulative. */
  readonly counts: readonly number[];
  readonly sum: number;
}

/** Counts in buckets with fixed bounds. */
export class Histogram {
  readonly bounds: readonly number[];
  readonly counts: Float64Array;
  sum = 0;
  readonly #sent: Float64Array;
  #sumSent = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
    this.#sent = new Float64Array(bounds.length + 1);
  }

  observe(value: number): void {
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
    this.counts[bucket]!++;
    this.sum += value;
  }

  add(delta: HistogramDelta): void {
    for (let i = 0; i < this.counts.length; i++) this.counts[i]! += delta.counts[i] ?? 0;
    this.sum += delta.sum;
  }

  /** What has come since the last call; undefined if nothing has. */
  takeDelta(): HistogramDelta | undefined {
    const counts = Array.from(this.counts, (count, i) => count - this.#sent[i]!);
    if (counts.every((count) => count === 0)) return undefined;
    const sum = this.sum - this.#sumSent;
    this.#sent.set(this.counts);
    this.#sumSent = this.sum;
    return { counts, sum };
  }
}

import type { UsageRow } from '../../core/types.ts';

/** By which part it grows with each INSERT: slowly, as one that takes too long costs a whole time-out. */
const GROWTH = 0.25;

/** How many rows one INSERT may have: as many as there are, until one takes too long. */
export class BatchSize {
  #max = Number.POSITIVE_INFINITY;

  /** Takes the next rows off the end of the parts. There must be one. */
  cut(parts: (readonly UsageRow[])[]): readonly UsageRow[] {
    const part = parts.pop()!;
    if (part.length <= this.#max) return part;
    parts.push(part.slice(this.#max));
    return part.slice(0, this.#max);
  }

  /** An INSERT took too long. */
  failed(rows: number): void {
    this.#max = Math.max(1, rows >>> 1);
  }

  worked(rows: number): void {
    if (rows >= this.#max) this.#max += Math.ceil(rows * GROWTH);
  }
}

import type { UsageRow } from '../../core/types.ts';
import type { Segment } from './segment.ts';

/** A row that books its exchange should nothing follow. */
export interface OpenRow {
  readonly row: UsageRow;
  readonly segment: Segment;
}

/** A Map is exchanged when so many rows have gone through it, and so many times as many as it holds. */
const CHURN_MIN = 1_000;
const CHURN_TIMES = 4;

/**
 * The latest row of each exchange that has no final one, by request id.
 *
 * A Map through which much goes fills the heap with what has long been deleted from it. V8 gives it a new table again and
 * again, and links the one before to it. So once one of them is in the old generation, all later ones count as in use,
 * with what they held, until the whole heap is marked. A new Map begins a new chain.
 */
export class OpenRows {
  #rows = new Map<string, OpenRow>();
  #added = 0;

  get size(): number {
    return this.#rows.size;
  }

  add(id: string, open: OpenRow): void {
    this.#rows.set(id, open);
    if (++this.#added < CHURN_MIN || this.#added < CHURN_TIMES * this.#rows.size) return;
    const old = this.#rows;
    this.#added = 0;
    this.#rows = new Map(old);
    old.clear();
  }

  /** @returns the row, which is no longer in here */
  take(id: string): OpenRow | undefined {
    const open = this.#rows.get(id);
    if (open !== undefined) this.#rows.delete(id);
    return open;
  }

  takeAll(): OpenRow[] {
    const all = [...this.#rows.values()];
    this.#rows.clear();
    return all;
  }
}

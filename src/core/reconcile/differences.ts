import type { Difference, DifferenceKind, Report } from './types.ts';

/** So many are named; of the others only the number is told. */
export const LISTED_MAX = 1_000;

/** Gathers what is wrong, in bounded memory. */
export class Differences {
  readonly #listed: Difference[] = [];
  readonly #counts = new Map<DifferenceKind, number>();
  #more = false;

  /** How many more may be named. */
  get room(): number {
    return LISTED_MAX - this.#listed.length;
  }

  add(difference: Difference): void {
    this.count(difference.kind, 1);
    this.name(difference);
  }

  /** For differences that the database has counted already. */
  name(difference: Difference): void {
    if (this.room > 0) this.#listed.push(difference);
  }

  count(kind: DifferenceKind, number: number): void {
    this.#counts.set(kind, (this.#counts.get(kind) ?? 0) + number);
  }

  /** There are some that not even were counted. */
  leaveRest(): void {
    this.#more = true;
  }

  report(): Report['differences'] {
    const counts = [...this.#counts.values()];
    return {
      count: counts.reduce((sum, count) => sum + count, 0),
      more: this.#more,
      by_kind: Object.fromEntries([...this.#counts].filter(([, count]) => count > 0)),
      listed: this.#listed,
    };
  }
}

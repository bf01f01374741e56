/**
 * Label sets that one family may have; all further ones are counted together, each label being `other`. Room for 500
 * models on two upstreams with all their directions and sources of tokens.
 */
export const SERIES_MAX = 10_000;
export const OVERFLOW = 'other';

export interface Series<T> {
  readonly labels: readonly string[];
  readonly value: T;
}

/** The series of one family by their label values. */
export class SeriesSet<T> {
  readonly all: Series<T>[] = [];
  readonly #depth: number;
  readonly #create: () => T;
  readonly #max: number;
  /** One level of maps for each label: no key has to be joined on the hot path. */
  readonly #root = new Map<string, unknown>();
  #only: T | undefined;

  constructor(depth: number, create: () => T, max = SERIES_MAX) {
    this.#depth = depth;
    this.#create = create;
    this.#max = max;
  }

  /** @param labels as many as the family has. The array may be reused by the caller. */
  get(labels: readonly string[]): T {
    if (this.#depth === 0) {
      this.#only ??= this.#add([]);
      return this.#only;
    }
    let level: Map<string, unknown> | undefined = this.#root;
    const last = this.#depth - 1;
    for (let i = 0; i < last && level !== undefined; i++) {
      level = level.get(labels[i]!) as Map<string, unknown> | undefined;
    }
    return (level?.get(labels[last]!) as T | undefined) ?? this.#insert(labels);
  }

  #insert(asked: readonly string[]): T {
    const full = this.all.length >= this.#max;
    const labels = full ? asked.map(() => OVERFLOW) : [...asked];
    let level = this.#root;
    for (const label of labels.slice(0, -1)) {
      let next = level.get(label) as Map<string, unknown> | undefined;
      if (next === undefined) {
        next = new Map();
        level.set(label, next);
      }
      level = next;
    }
    const last = labels.at(-1)!;
    const known = level.get(last) as T | undefined;
    if (known !== undefined) return known;
    const value = this.#add(labels);
    level.set(last, value);
    return value;
  }

  #add(labels: readonly string[]): T {
    const value = this.#create();
    this.all.push({ labels, value });
    return value;
  }
}

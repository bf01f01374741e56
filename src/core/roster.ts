/** What a roster can do; so can a Set. */
export interface Listing<T> extends Iterable<T> {
  readonly size: number;
  add(item: T): unknown;
  delete(item: T): unknown;
}

/** What can stand in a roster, and in one only. */
export interface Listed {
  /** For the roster: where it stands. */
  place: number;
}

/**
 * What is open at the moment, in no order. It stands in for a Set, which would keep dead exchanges alive: under steady
 * coming and going a Set is rehashed all the time, each old table points to the next, and from the first one that has
 * grown old all later ones and what was in them survive every scavenge (5 µs an exchange, bench case `roster`).
 */
export class Roster<T extends Listed> implements Listing<T> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  add(item: T): void {
    item.place = this.#items.push(item) - 1;
  }

  /** @param item must stand in this roster */
  delete(item: T): void {
    const last = this.#items.pop()!;
    if (last === item) return;
    this.#items[item.place] = last;
    last.place = item.place;
  }

  /** From the last to the first, so that items may be deleted on the way. */
  *[Symbol.iterator](): Iterator<T> {
    for (let i = this.#items.length - 1; i >= 0; i--) {
      const item = this.#items[i];
      if (item !== undefined) yield item;
    }
  }
}

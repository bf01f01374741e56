/**
 * Queries that may be under way at once. What comes meanwhile waits for one of them to end, so the more there is to
 * look up, the more of it goes into one query.
 */
export const QUERIES_MAX = 2;

interface Waiting<K, V> {
  readonly key: K;
  readonly resolve: (answer: V | null) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Makes one query of the look-ups of one turn of the event loop. How many keys there can be is for the caller to
 * bound.
 */
export class Batch<K, V> {
  readonly #query: (keys: readonly K[]) => Promise<ReadonlyMap<K, V>>;
  #waiting: Waiting<K, V>[] = [];
  #underWay = 0;

  /** @param query gives what there is; its error is the error of each of its keys */
  constructor(query: (keys: readonly K[]) => Promise<ReadonlyMap<K, V>>) {
    this.#query = query;
  }

  /** @returns null if there is no such key. Never an answer from before the call */
  load(key: K): Promise<V | null> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, resolve, reject });
      if (this.#waiting.length === 1 && this.#underWay < QUERIES_MAX) setImmediate(() => this.#send());
    });
  }

  #send(): void {
    if (this.#waiting.length === 0 || this.#underWay >= QUERIES_MAX) return;
    const batch = this.#waiting;
    this.#waiting = [];
    void this.#answer(batch);
  }

  async #answer(batch: readonly Waiting<K, V>[]): Promise<void> {
    this.#underWay++;
    try {
      const found = await this.#query(batch.map(({ key }) => key));
      for (const { key, resolve } of batch) resolve(found.get(key) ?? null);
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
    this.#underWay--;
    this.#send();
  }
}

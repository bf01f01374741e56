import type { Exchange } from '../exchange.ts';

/** Waits for exchanges that have ended, and whose tokens are still being counted. */
export class LateCounts {
  readonly #waiting = new Set<Promise<void>>();

  /** Calls `record` when the counts of the exchange are complete: as a rule at once. */
  whenComplete(exchange: Exchange, record: (exchange: Exchange) => undefined): undefined {
    const { counting } = exchange;
    if (counting === undefined) return record(exchange);
    const waiting = counting
      .then(() => record(exchange))
      .catch((thrown) => exchange.report(thrown))
      .finally(() => this.#waiting.delete(waiting));
    this.#waiting.add(waiting);
    return undefined;
  }

  /** Resolves when there is none left. */
  async settled(): Promise<void> {
    await Promise.all(this.#waiting);
  }
}

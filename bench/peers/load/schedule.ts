/** When each of a number of things is due, at a fixed rate. Times are in ms, by the same clock as `startMs`. */
export class Schedule {
  readonly total: number;
  readonly #startMs: number;
  readonly #gapMs: number;
  #taken = 0;

  /** @param rate per second */
  constructor(startMs: number, rate: number, seconds: number) {
    this.#startMs = startMs;
    this.#gapMs = 1e3 / rate;
    this.total = Math.round(rate * seconds);
  }

  get done(): boolean {
    return this.#taken === this.total;
  }

  /** When the next one is due. Not to be asked when `done`. */
  get nextMs(): number {
    return this.#startMs + this.#taken * this.#gapMs;
  }

  /** Takes the next one if it is due. @returns when it was due, or undefined */
  take(nowMs: number): number | undefined {
    if (this.done) return undefined;
    const dueMs = this.nextMs;
    if (dueMs > nowMs) return undefined;
    this.#taken++;
    return dueMs;
  }
}

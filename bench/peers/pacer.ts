/** Something that is to happen again and again. */
export interface Paced {
  /** @returns whether there is more to come */
  step(): boolean;
}

/** The clock, and what calls `run` each `SLOT_MS`; a test has its own. */
export interface Ticks {
  nowMs(): number;
  /** @returns what ends it */
  start(run: () => void): () => void;
}

export const SLOT_MS = 1;

const REAL: Ticks = {
  nowMs: () => performance.now(),
  start(run) {
    const timer = setInterval(run, SLOT_MS);
    return () => clearInterval(timer);
  },
};

/**
 * One timer for all streams, which runs while there are any. Each stream has a slot of the interval, the one after that
 * of the stream before it, so that a thousand of them do not all write in the same millisecond.
 */
export class Pacer {
  readonly #slots: Set<Paced>[];
  readonly #ticks: Ticks;
  #count = 0;
  #stop: (() => void) | undefined;
  /** The next slot to run, counted from the clock's zero. */
  #due = 0;
  #last = 0;

  constructor(intervalMs: number, ticks: Ticks = REAL) {
    this.#slots = Array.from({ length: Math.max(1, Math.round(intervalMs / SLOT_MS)) }, () => new Set());
    this.#ticks = ticks;
  }

  add(paced: Paced): void {
    this.#last = (this.#last + 1) % this.#slots.length;
    this.#slots[this.#last]!.add(paced);
    if (this.#count++ > 0) return;
    this.#due = this.#slotNow() + 1;
    this.#stop = this.#ticks.start(() => this.#run());
  }

  /** In case it ends before its time. */
  remove(paced: Paced): void {
    if (this.#slots.some((slot) => slot.delete(paced))) this.#removed();
  }

  #slotNow(): number {
    return Math.floor(this.#ticks.nowMs() / SLOT_MS);
  }

  /** All slots whose time has come since the last call. */
  #run(): void {
    const until = this.#slotNow();
    for (; this.#due <= until && this.#count > 0; this.#due++) {
      const slot = this.#slots[this.#due % this.#slots.length]!;
      for (const paced of slot) {
        if (!paced.step() && slot.delete(paced)) this.#removed();
      }
    }
  }

  #removed(): void {
    if (--this.#count === 0) this.#stop?.();
  }
}

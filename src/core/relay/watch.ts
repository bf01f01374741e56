import type { MonotonicMs } from '../types.ts';

/**
 * When something last went on at either side of an exchange. It is looked at a few times a second, so that taking note
 * costs a counter and no look at the clock.
 */
export class Watch {
  #heard = 0;
  #heardSeen = 0;
  #heardAt: MonotonicMs;
  #wrote = 0;
  #wroteSeen = 0;
  #lastWriteAt: MonotonicMs;

  constructor(now: MonotonicMs) {
    this.#heardAt = now;
    this.#lastWriteAt = now;
  }

  /** The upstream has sent something; or from now on it is somebody else's turn: the client's, or the upstream's again. */
  heard(): void {
    this.#heard++;
  }

  /** The client has been sent something. */
  wrote(): void {
    this.#wrote++;
  }

  /** The same, for who knows the time. */
  wroteAt(now: MonotonicMs): void {
    this.#lastWriteAt = now;
  }

  look(now: MonotonicMs): void {
    if (this.#heard !== this.#heardSeen) {
      this.#heardSeen = this.#heard;
      this.#heardAt = now;
    }
    if (this.#wrote !== this.#wroteSeen) {
      this.#wroteSeen = this.#wrote;
      this.#lastWriteAt = now;
    }
  }

  /** Since the last `heard` that `look` has seen. */
  idleMs(now: MonotonicMs): number {
    return now - this.#heardAt;
  }

  /** Since the last `wrote` that `look` has seen. */
  silentMs(now: MonotonicMs): number {
    return now - this.#lastWriteAt;
  }
}

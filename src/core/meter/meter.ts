import type { Api } from '../dialects/api.ts';
import type { Answer } from '../relay/answer.ts';
import type { TokenCounts } from '../types.ts';
import type { Observation } from './observe.ts';
import { Scanner } from './scanner.ts';

/** An event or a document that is longer goes out before its end is known. */
export const HELD_BYTES_MAX = 65_536;

/**
 * Counts the tokens of one answer as its bytes go by. A subclass knows the framing: a JSON document or a stream of
 * server-sent events.
 */
export abstract class Meter implements Answer {
  protected readonly scanner: Scanner;
  readonly #api: Api;
  #reported = false;
  #reportedInside = false;
  #usageSeen = false;

  /**
   * @param counts is filled in
   * @param deltasOnly the text of the model's output is what stands in strings named `delta`
   */
  constructor(api: Api, counts: TokenCounts, deltasOnly = false) {
    this.#api = api;
    this.scanner = new Scanner((usage, atRoot) => {
      this.#usageSeen = true;
      // A stream's `message_start` tells what has been counted by then; the last word stands at the root of a document.
      if (!api.readUsage(usage, counts)) return;
      if (atRoot) this.#reported = true;
      else this.#reportedInside = true;
    }, deltasOnly);
  }

  abstract push(chunk: Buffer, out: Uint8Array[]): void;
  abstract finish(out: Uint8Array[]): undefined;
  abstract readonly whole: boolean;
  abstract readonly over: boolean;
  abstract readonly enough: boolean;
  abstract readonly interruptible: boolean;

  get failed(): boolean {
    return this.scanner.failed;
  }

  get textBytes(): number {
    return this.scanner.textBytes;
  }

  settle(observe: boolean): 'reported' | 'none' | Observation {
    const { sample, textBytes } = this.scanner;
    const reported = this.#wasReported;
    // An error in the place of an answer: nothing was generated, and no provider charges for it.
    const nothing = !reported && this.failed && textBytes === 0 && !this.#usageSeen;
    const seen =
      nothing || (reported && !observe) ? undefined : { textBytes, sample: sample.copy(), reported };
    sample.release();
    return seen ?? (reported ? 'reported' : 'none');
  }

  get #wasReported(): boolean {
    // The event that ends such a stream has the usage inside.
    const inside = this.#reportedInside && this.#api.answerRepeated && this.scanner.terminated;
    return this.#reported || inside;
  }

  protected get api(): Api {
    return this.#api;
  }
}

import type { Api } from '../dialects/api.ts';
import type { Answer } from '../relay/answer.ts';
import type { CountSource, TokenCounts } from '../types.ts';
import { estimateOutputTokens, estimatePromptTokens } from './estimate.ts';
import { Scanner } from './scanner.ts';

/**
 * Counts the tokens of one answer as its bytes go by. A subclass knows the framing: a JSON document or a stream of
 * server-sent events.
 */
export abstract class Meter implements Answer {
  protected readonly scanner: Scanner;
  readonly #api: Api;
  readonly #counts: TokenCounts;
  #reported = false;
  #reportedInside = false;

  /**
   * @param counts is filled in
   * @param deltasOnly the text of the model's output is what stands in strings named `delta`
   */
  constructor(api: Api, counts: TokenCounts, deltasOnly = false) {
    this.#api = api;
    this.#counts = counts;
    this.scanner = new Scanner((usage, atRoot) => {
      // A stream's `message_start` tells what has been counted by then; the last word stands at the root of a document.
      if (!api.readUsage(usage, counts)) return;
      if (atRoot) this.#reported = true;
      else this.#reportedInside = true;
    }, deltasOnly);
  }

  abstract push(chunk: Buffer, out: Uint8Array[]): void;
  abstract finish(out: Uint8Array[]): void;
  abstract readonly whole: boolean;
  abstract readonly interruptible: boolean;

  get failed(): boolean {
    return this.scanner.failed;
  }

  /** What the upstream did not report is estimated. */
  settle(prompt: Buffer): CountSource {
    if (this.#reported) return 'reported';
    // The event that ends such a stream has the usage inside.
    if (this.#reportedInside && this.#api.answerRepeated && this.scanner.terminated) return 'reported';
    const observed = estimateOutputTokens(this.scanner.textBytes);
    if (this.#counts.input === 0) this.#counts.input = estimatePromptTokens(prompt);
    this.#counts.output = Math.max(this.#counts.output, observed);
    return 'observed';
  }

  protected get api(): Api {
    return this.#api;
  }
}

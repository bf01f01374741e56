import type { Dialect } from '../dialects/dialect.ts';
import type { CountSource, TokenCounts } from '../types.ts';
import { estimateOutputTokens, estimatePromptTokens } from './estimate.ts';
import { Scanner } from './scanner.ts';

/**
 * Counts the tokens of one answer as its bytes go by. A subclass knows the framing: a JSON document or a stream of
 * server-sent events.
 */
export abstract class Meter {
  protected readonly scanner: Scanner;
  readonly #dialect: Dialect;
  readonly #counts: TokenCounts;
  #reported = false;

  /** @param counts is filled in */
  constructor(dialect: Dialect, counts: TokenCounts) {
    this.#dialect = dialect;
    this.#counts = counts;
    this.scanner = new Scanner((usage, atRoot) => {
      // A stream's `message_start` tells what has been counted by then; the last word stands at the root of a document.
      if (dialect.readUsage(usage, counts) && atRoot) this.#reported = true;
    });
  }

  /**
   * Takes some bytes of the answer, and adds what may be forwarded now to `out`.
   * The chunk is kept if it cannot be forwarded yet: the caller must not change it.
   */
  abstract push(chunk: Buffer, out: Uint8Array[]): void;

  /** The answer is complete: adds what was held back. */
  abstract finish(out: Uint8Array[]): void;

  /** Whether an answer that ends here is whole. */
  abstract readonly whole: boolean;

  /** The upstream has reported an error inside the answer. */
  get failed(): boolean {
    return this.scanner.failed;
  }

  /**
   * Completes the counts when the answer has ended, whichever way. What the upstream did not report is estimated.
   * @param prompt the request body
   */
  settle(prompt: Buffer): CountSource {
    if (this.#reported) return 'reported';
    const observed = estimateOutputTokens(this.scanner.textBytes);
    if (this.#counts.input === 0) this.#counts.input = estimatePromptTokens(prompt);
    this.#counts.output = Math.max(this.#counts.output, observed);
    return 'observed';
  }

  protected get dialect(): Dialect {
    return this.#dialect;
  }
}

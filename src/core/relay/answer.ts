import type { UpstreamReport } from '../dialects/report.ts';
import type { Observation } from '../meter/observe.ts';

/** What an upstream's answer goes through on its way to the client. The answer is read from its first byte to its last. */
export interface Answer {
  /**
   * Takes some bytes of the answer, and adds what may go to the client now to `out`. The chunk is kept if it cannot go
   * yet: the caller must not change it. @throws ProxyError when the answer is of no use
   */
  push(chunk: Buffer, out: Uint8Array[]): void;

  /**
   * The answer is complete: adds what was held back.
   * @returns what the upstream reports in the place of an answer, for a client that is yet to be told
   * @throws ProxyError when the answer is of no use
   */
  finish(out: Uint8Array[]): UpstreamReport | undefined;

  /** Whether an answer that ends here is whole. */
  readonly whole: boolean;

  /** Its end mark has gone by: nothing more can come, whatever becomes of the connection. */
  readonly over: boolean;

  /** Should nothing more come, for whatever reason, nothing is missing. More may come all the same unless it is `over`. */
  readonly enough: boolean;

  /** The upstream has reported an error inside the answer. */
  readonly failed: boolean;

  /** Whether what went out so far ends where something else may stand: between two events, and not behind the last. */
  readonly interruptible: boolean;

  /** Bytes of the model's output that have come in. */
  readonly textBytes: number;

  /**
   * Called once, when the answer has ended, whichever way.
   * @param observe whether what was seen is wanted even if all was reported
   * @returns `reported` if the upstream has told all counts, `none` if there is nothing to count, else what was seen
   */
  settle(observe: boolean): 'reported' | 'none' | Observation;
}

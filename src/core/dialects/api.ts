import type { ErrorWords } from '../errors.ts';
import type { HeaderName } from '../server/head.ts';
import type { ApiName, DialectName, TokenCounts } from '../types.ts';

/**
 * One API that clients call and upstreams serve: what the edge needs to answer in it, the relay to forward it, and the
 * meter to count it. APIs of the same dialect share their errors and their way to authenticate.
 */
export interface Api {
  readonly name: ApiName;
  readonly dialect: DialectName;
  /** The same on both sides of the gateway. */
  readonly path: string;
  /** Whether answers are charged by their tokens. Those that are not are neither counted nor read. */
  readonly metered: boolean;

  /** The JSON body of an error response. */
  errorBody(error: ErrorWords, requestId: string): string;

  /** The SSE event that ends a broken stream. */
  errorEvent(error: ErrorWords, requestId: string): string;

  /** An event of a stream, as text. @param data what its data line holds */
  event(data: object): string;

  /** What stands after the last event of a stream that is whole; '' for nothing. */
  readonly endMark: string;

  /**
   * What may be sent between two events at any time, and means nothing: it shows that the connection lives. Undefined for
   * an API that has no streams.
   */
  readonly ping: Buffer | undefined;

  /** The headers that authenticate the gateway to an upstream: name, value, … */
  authorization(key: string): readonly string[];

  /** Client headers that mean something to an upstream of this API. */
  readonly forwardedHeaders: readonly HeaderName[];

  /**
   * Folds one `usage` object of a response into the counts. Fields that are absent or null change nothing.
   * @param usage as parsed from the upstream's bytes: anything at all
   * @returns whether it is a report: it holds what the model's output came to, and nothing in the place of the input that
   * is no number of tokens
   */
  readUsage(usage: unknown, counts: TokenCounts): boolean;

  /** Whether the stream asks for usage only when the request says so (`stream_options.include_usage`). */
  readonly usageOnRequest: boolean;

  /** Whether a stream says all text again when it is complete, and tells its usage inside the event that ends it. */
  readonly answerRepeated: boolean;

  /** Whether a stream without its end mark is broken. Otherwise a reason to finish will do. */
  readonly endMarkRequired: boolean;
}

/** A count as upstreams give it; anything else is as good as absent. */
export function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** A member of something that may not even be an object. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

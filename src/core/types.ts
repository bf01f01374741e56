import type { RequestFields } from './json/request.ts';

/** Words that more than one part of the gateway uses. */

/** Milliseconds since the Unix epoch. */
export type EpochMs = number;
/** Milliseconds on the process's monotonic clock (`performance.now()`). */
export type MonotonicMs = number;

export type DialectName = 'openai' | 'anthropic';
/** What an API is for: chat completions, responses and embeddings are OpenAI's, messages and their count Anthropic's. */
export type ApiName = 'chat' | 'responses' | 'embeddings' | 'messages' | 'count_tokens';

/** How an exchange ended. */
export type Outcome =
  /** The client was sent a whole answer. */
  | 'completed'
  /** The gateway refused or failed before an upstream could answer. */
  | 'rejected'
  /** The client left before the response was complete. */
  | 'client_aborted'
  /** The upstream could not be reached, answered with an error (its error body was relayed), or broke off. */
  | 'upstream_failed'
  /** The gateway's process ended in the middle of it; the counts are what was known shortly before. */
  | 'crashed';

/** Which count `token_count` follows. A plan names the one that it wants; where that is not known, the next one stands in. */
export type CountBasis = 'reported' | 'observed' | 'delivered';

/** The owner of a token. */
export interface User {
  readonly userId: number;
  readonly subId: number | null;
  readonly active: boolean;
  /** Infinity for a token that does not expire. */
  readonly expiresAt: EpochMs;
}

/** A model on an upstream that a plan holds. */
export interface QuotaItem {
  readonly quotaId: number;
  readonly model: string;
  /** `llm_models.upstream`, lower case. */
  readonly upstream: string;
  /** Relative to the other items of the plan; above 0. */
  readonly weight: number;
}

export interface Plan {
  readonly subId: number;
  readonly name: string;
  readonly items: readonly QuotaItem[];
  readonly countBasis: CountBasis;
  /** How long the upstream is read on after the client has left, for the sake of its count; 0: it is cancelled at once. */
  readonly drainMs: number;
}

/** Token counts of one exchange. A count that is not known is 0. */
export interface TokenCounts {
  /** All input tokens, cached ones included. */
  input: number;
  /** All output tokens, reasoning included. */
  output: number;
  /** Part of `input`. */
  cacheRead: number;
  /** Part of `input`. */
  cacheWrite: number;
  /** Part of `output`. */
  reasoning: number;
}

/** The count that was followed: see `CountBasis`; `none`: there was no answer to count. */
export type CountSource = CountBasis | 'none';

/** What is known of an exchange before its request goes upstream. */
export interface Admission {
  /** UUIDv7; the idempotency key of the row. */
  readonly requestId: string;
  /** The `x-request-id` that the client sent, if it sent one. */
  readonly clientRequestId: string | null;
  readonly quotaItemId: number;
  readonly userId: number;
  readonly subId: number;
  /** When the request came in. */
  readonly timestamp: EpochMs;
  /** What the client spoke. */
  readonly dialect: DialectName;
  readonly api: ApiName;
  readonly streamed: boolean;
  readonly requestedModel: string;
  readonly routedModel: string;
  readonly upstream: string;
  /** Of the request body. */
  readonly promptBytes: number;
}

/** The three counts of one exchange, side by side. Null: not told, or not counted. */
export interface CountTriple {
  readonly reportedInput: number | null;
  readonly reportedOutput: number | null;
  /** Our own count or estimate. */
  readonly observedInput: number;
  readonly observedOutput: number;
  /** Output that was handed to the client's connection. */
  readonly deliveredOutput: number;
}

/** What became of an exchange. */
export interface Usage {
  readonly outcome: Outcome;
  /** What the client was answered; 499 if it left before an answer. */
  readonly status: number;
  /** The ones that are charged: of `countSource`. */
  readonly tokens: TokenCounts;
  readonly countSource: CountSource;
  readonly counts: CountTriple;
  /** Connections tried. */
  readonly attempts: number;
  /** From the request's head to the first byte for the client; null if none was sent. */
  readonly firstByteMs: number | null;
  readonly durationMs: number;
}

/**
 * One row of `usage_logs` on its way to PostgreSQL: its values in the order of COLUMNS (`ledger/row.ts`), with tabs
 * between them. The worker encodes it; from then on it is one string that nobody takes apart but PostgreSQL itself.
 */
export type UsageRow = string;

/** Where usage is written down before anything else happens. */
export interface Ledger {
  /** Whether it takes all that it is given. While it does not, rows that are not final are better left out. */
  readonly open: boolean;
  /** Whether new exchanges are to be turned away: it is not open, and the settings do not ask to serve all the same. */
  readonly refuses: boolean;
  /** Grows from time to time; rows that are not final must then be appended again soon (`append`, not final). */
  readonly epoch: number;
  /**
   * Before the request goes upstream. @param row what is to be booked if the process dies
   * @returns resolves when it is written down. Rejects with ProxyError `ledger_full` if that cannot be
   */
  admit(row: UsageRow): Promise<void>;
  /**
   * A later row of an exchange that was admitted; the last one counts.
   * @param final nothing will follow
   * @returns resolves when it is written down as durably as the settings ask for: the last byte of the answer may go.
   * Never rejects
   */
  append(row: UsageRow, final: boolean): Promise<void>;
  /** Resolves when all that was appended is on disk. */
  flush(): Promise<void>;
}

/** What `route` chose for one exchange. */
export interface Target {
  readonly item: QuotaItem;
  /** What the client asked for. */
  readonly request: RequestFields;
}

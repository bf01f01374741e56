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
  | 'upstream_failed';

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

/** `reported` by the upstream, `observed` by the gateway from the bytes (an estimate), or `none`: no answer to count. */
export type CountSource = 'reported' | 'observed' | 'none';

/** One row of `usage_logs`. */
export interface UsageRecord {
  /** UUIDv7; the idempotency key of the row. */
  readonly requestId: string;
  /** The `x-request-id` that the client sent, if it sent one. */
  readonly clientRequestId: string | null;
  readonly quotaItemId: number;
  readonly userId: number;
  readonly subId: number;
  /** When the request came in. */
  readonly timestamp: EpochMs;
  readonly tokens: TokenCounts;
  readonly countSource: CountSource;
  readonly outcome: Outcome;
  /** What the client was answered; 499 if it left before an answer. */
  readonly status: number;
  /** What the client spoke. */
  readonly dialect: DialectName;
  readonly api: ApiName;
  readonly streamed: boolean;
  readonly requestedModel: string;
  readonly routedModel: string;
  readonly upstream: string;
  /** Connections tried. */
  readonly attempts: number;
  /** From the request's head to the first byte for the client; null if none was sent. */
  readonly firstByteMs: number | null;
  readonly durationMs: number;
}

/** Where usage goes. What `append` has taken is written exactly once, or the loss is counted and logged. */
export interface Ledger {
  /** Whether another exchange may be taken on; false when too many rows wait. */
  readonly open: boolean;
  append(record: UsageRecord): void;
  /** Resolves when all that was appended is in the hands of the next stage. */
  flush(): Promise<void>;
}

/** What `route` chose for one exchange. */
export interface Target {
  readonly item: QuotaItem;
  /** What the client asked for. */
  readonly request: RequestFields;
}

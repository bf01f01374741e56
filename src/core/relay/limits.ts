import type { Config } from '../config/config.ts';

export interface RelayLimits {
  readonly headersTimeoutMs: number;
  /** Between two chunks. */
  readonly idleTimeoutMs: number;
  readonly totalTimeoutMs: number;
  /** For a client that takes nothing. */
  readonly stallTimeoutMs: number;
  /** Longest silence towards the client of a stream; 0: it may be silent. */
  readonly pingIntervalMs: number;
}

export const relayLimits = (config: Config): RelayLimits => ({
  headersTimeoutMs: config.UPSTREAM_HEADERS_TIMEOUT_MS,
  idleTimeoutMs: config.UPSTREAM_IDLE_TIMEOUT_MS,
  totalTimeoutMs: config.UPSTREAM_TOTAL_TIMEOUT_MS,
  stallTimeoutMs: config.CLIENT_STALL_TIMEOUT_MS,
  pingIntervalMs: config.STREAM_PING_INTERVAL_MS,
});

import type { Change } from '../channel.ts';
import type { Awaitable } from '../plugin.ts';
import type { Plan, User } from '../types.ts';
import type { CacheStats } from './cache.ts';

/** For the metrics; the counts go on rising. */
export interface DirectoryStats {
  readonly users: Readonly<CacheStats>;
  readonly plans: Readonly<CacheStats>;
}

/**
 * Who may do what, as the database has it. Answers come synchronously from memory where it can; a promise means a
 * query. While the database is away, what was known stays known.
 * @throws ProxyError `directory_unavailable` when neither memory nor the database can answer
 */
export interface Directory {
  /** @param digest SHA-256 of the token, hex. @returns null if there is no such token; expiry is for the caller to check */
  findUser(digest: string): Awaitable<User | null>;
  /** @returns null if there is no such plan; a plan may have no items */
  findPlan(subId: number): Awaitable<Plan | null>;
  /** Drops what has changed. */
  apply(changes: readonly Change[]): void;
  readonly stats: DirectoryStats;
}

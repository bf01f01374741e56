import { LRUCache } from 'lru-cache';
import type { Change } from '../channel.ts';
import type { Config } from '../config/config.ts';
import type { Awaitable } from '../plugin.ts';
import type { MonotonicMs, Plan, User } from '../types.ts';
import { Batch } from './batch.ts';
import { LookupCache } from './cache.ts';
import type { Directory, DirectoryStats } from './directory.ts';
import { loadPlan, loadUsers, type PlanEntry, type Queryable, type UserEntry } from './queries.ts';
import { UserStore } from './users.ts';

type CacheSettings = Pick<
  Config,
  'CACHE_USERS_MAX' | 'CACHE_REFUSALS_MAX' | 'CACHE_PLANS_MAX' | 'CACHE_TTL_MS' | 'CACHE_REFUSAL_TTL_MS'
>;

/** Users and plans from PostgreSQL, remembered. */
export class PostgresDirectory implements Directory {
  readonly stats: DirectoryStats;
  readonly #users: LookupCache<string, UserEntry>;
  readonly #plans: LookupCache<number, PlanEntry>;

  /** @param database stays the caller's */
  constructor(
    config: CacheSettings,
    database: Queryable,
    clock: () => MonotonicMs = () => performance.now(),
  ) {
    const lifetimes = { ttlMs: config.CACHE_TTL_MS, refusalTtlMs: config.CACHE_REFUSAL_TTL_MS, clock };
    const batch = new Batch((digests: readonly string[]) => loadUsers(database, digests));
    this.#users = new LookupCache<string, UserEntry>({
      ...lifetimes,
      load: (digest) => batch.load(digest),
      known: new UserStore(config.CACHE_USERS_MAX),
      refusedMax: config.CACHE_REFUSALS_MAX,
    });
    this.#plans = new LookupCache<number, PlanEntry>({
      ...lifetimes,
      load: (subId) => loadPlan(database, subId),
      known: new LRUCache({ max: config.CACHE_PLANS_MAX }),
      refusedMax: config.CACHE_PLANS_MAX,
    });
    this.stats = { users: this.#users.stats, plans: this.#plans.stats };
  }

  findUser(digest: string): Awaitable<User | null> {
    return this.#users.get(digest);
  }

  findPlan(subId: number): Awaitable<Plan | null> {
    return this.#plans.get(subId);
  }

  apply(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.kind === 'user') {
        if (change.key === null) this.#users.dropAll();
        else this.#users.drop(change.key);
      } else if (change.key === null) this.#plans.dropAll();
      else this.#plans.drop(change.key);
    }
  }
}

import type { Pool } from 'pg';
import type { CountBasis, Plan, QuotaItem, User } from '../types.ts';
import type { Dated } from './cache.ts';

/** What a directory needs of a connection pool. Its timeouts bound each look-up. */
export type Queryable = Pick<Pool, 'query'>;

/** As the database has them now; the cache dates them. */
export type UserEntry = User & Dated;
export type PlanEntry = Plan & Dated;

interface UserRow {
  readonly apitoken: string;
  readonly user_id: number | string;
  readonly sub_id: number | string | null;
  readonly active: boolean;
  readonly expires_at: number | null;
}

interface PlanRow {
  readonly sub_name: string;
  readonly count_basis: CountBasis;
  readonly drain_seconds: number;
  readonly quota_id: number | string | null;
  readonly model_name: string;
  readonly upstream: string;
  readonly weight: number;
}

// The name makes a prepared statement of it: parsed and planned once for each connection.
const USERS = {
  name: 'directory_users',
  text: `SELECT apitoken, user_id, sub_id, active, (extract(epoch FROM expires_at) * 1000)::float8 AS expires_at
    FROM users WHERE apitoken = ANY($1)`,
};

const PLAN = {
  name: 'directory_plan',
  text: `SELECT sub_name, count_basis, drain_seconds, quota_id, model_name, lower(upstream) AS upstream, percentage_weight::float8 AS weight
    FROM subscriptions
    LEFT JOIN (quota_items JOIN llm_models USING (llm_model_id)) USING (sub_id)
    WHERE sub_id = $1
    ORDER BY quota_id`,
};

/** @param digests hex @returns those that there are, by their digest */
export async function loadUsers(
  database: Queryable,
  digests: readonly string[],
): Promise<Map<string, UserEntry>> {
  // An array in PostgreSQL's own notation: hex digits need no quotes, which pg would put around each of them.
  const { rows } = await database.query<UserRow>({ ...USERS, values: [`{${digests.join()}}`] });
  return new Map(rows.map((row) => [row.apitoken, userEntry(row)]));
}

export async function loadPlan(database: Queryable, subId: number): Promise<PlanEntry | null> {
  const { rows } = await database.query<PlanRow>({ ...PLAN, values: [subId] });
  const row = rows[0];
  if (row === undefined) return null;
  // A plan without items is one row of the outer join, with nothing on its right side.
  const items = rows.filter(({ quota_id }) => quota_id !== null).map(quotaItem);
  return {
    subId,
    name: row.sub_name,
    items,
    countBasis: row.count_basis,
    drainMs: row.drain_seconds * 1000,
    checkedAt: 0,
  };
}

function userEntry(row: UserRow): UserEntry {
  return {
    userId: Number(row.user_id),
    subId: row.sub_id === null ? null : Number(row.sub_id),
    active: row.active,
    expiresAt: row.expires_at ?? Number.POSITIVE_INFINITY,
    checkedAt: 0,
  };
}

function quotaItem(row: PlanRow): QuotaItem {
  return { quotaId: Number(row.quota_id), model: row.model_name, upstream: row.upstream, weight: row.weight };
}

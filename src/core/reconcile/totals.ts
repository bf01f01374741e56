import type { Range } from './range.ts';
import type { Connection } from './session.ts';
import type { RowTotals, Sum } from './types.ts';

const FIRST = 'SELECT written_at FROM usage_batches ORDER BY batch_id LIMIT 1';

/** $3: when the first batch was written. */
const TOTALS = `SELECT outcome, count_source, count(*)::float8 AS rows, coalesce(sum(token_count), 0)::float8 AS tokens,
    (count(*) FILTER (WHERE batch_id IS NULL AND "timestamp" < $3))::float8 AS unchained
  FROM usage_logs WHERE "timestamp" >= $1 AND "timestamp" < $2 GROUP BY outcome, count_source`;

/** Later than any row. */
const NEVER = new Date('9999-12-31T00:00:00Z');

/** When the first batch of all was written: rows from before it are not in any chain. */
export async function chainedSince(database: Connection): Promise<Date> {
  const [first] = await database.query<{ written_at: Date }>(FIRST);
  return first?.written_at ?? NEVER;
}

/** @param since as `chainedSince` gave it */
export async function sumRows(database: Connection, { from, to }: Range, since: Date): Promise<RowTotals> {
  const groups = await database.query<Group & Record<string, unknown>>(TOTALS, [from, to, since]);
  return {
    ...add(groups),
    unchained: groups.reduce((sum, { unchained }) => sum + unchained, 0),
    by_outcome: by(groups, ({ outcome }) => outcome),
    by_count_source: by(groups, ({ count_source }) => count_source),
  };
}

interface Group extends Sum {
  readonly outcome: string;
  readonly count_source: string;
  readonly unchained: number;
}

function by(groups: readonly Group[], keyOf: (group: Group) => string): Record<string, Sum> {
  const keys = [...new Set(groups.map(keyOf))].toSorted();
  return Object.fromEntries(keys.map((key) => [key, add(groups.filter((group) => keyOf(group) === key))]));
}

function add(sums: readonly Sum[]): Sum {
  return sums.reduce<Sum>(
    (total, { rows, tokens }) => ({ rows: total.rows + rows, tokens: total.tokens + tokens }),
    { rows: 0, tokens: 0 },
  );
}

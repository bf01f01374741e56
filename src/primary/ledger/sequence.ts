import type { Pool } from 'pg';

/** What one call may skip. Takes the server about a second. */
const SKIP_MAX = 1_000_000;

/** The tables that we write to, and what numbers their rows. */
const KEYS: Readonly<Record<string, string>> = { usage_logs: 'usage_id', usage_batches: 'batch_id' };

/**
 * Moves a sequence on that is behind its table, as after a restore, or on a logical replica that was promoted:
 * sequences are not replicated. It is not set but used up, which no other gateway can be disturbed by.
 * @param table whose key was taken @throws what `database.query` throws
 */
export async function skipTaken(database: Pick<Pool, 'query'>, table: string | undefined): Promise<void> {
  const key = KEYS[table ?? ''];
  if (key === undefined) return;
  await database.query(
    `SELECT count(nextval(sequence)) FROM (
       SELECT sequence, least(${SKIP_MAX}, (SELECT max(${key}) FROM ${table}) - nextval(sequence)) AS behind
       FROM pg_get_serial_sequence('${table}', '${key}') AS sequence OFFSET 0
     ) AS found, generate_series(1, behind)`,
  );
}

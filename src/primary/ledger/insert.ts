import type { Pool } from 'pg';
import { COLUMNS, NULL, SEPARATOR } from '../../core/ledger/row.ts';
import type { ChainHead } from '../../core/reconcile/types.ts';
import type { UsageRow } from '../../core/types.ts';

/** Of `usage_logs`, as a row has them. */
export const names = COLUMNS.map(([name]) => `"${name}"`).join(', ');
/** Each of `names`, from the array `f` of a row's fields. */
export const values = COLUMNS.map(([, type], i) =>
  type === 'timestamptz' ? `to_timestamp(f[${i + 1}]::float8 / 1000)` : `f[${i + 1}]::${type}`,
).join(', ');
const sign = (text: string) => `chr(${text.charCodeAt(0)})`;
/** The fields of the row in `line`. */
export const FIELDS = `string_to_array(line, ${sign(SEPARATOR)}, ${sign(NULL)})`;

/**
 * Writes the rows in $1, one a line, and adds those that were not there yet to the chain of the node $2 as one batch
 * (see schema.sql): one statement, so one transaction and one round trip. Two of them that race for the same place in
 * a chain cannot both commit: the later one fails with 23505 on `usage_batches`.
 *
 * A server that would acknowledge a commit before it is on disk (`synchronous_commit = off`) is asked not to, for this
 * one.
 */
const INSERT_ROWS = `
  WITH durable AS MATERIALIZED (
    SELECT set_config('synchronous_commit', CASE mode WHEN 'off' THEN 'local' ELSE mode END, true) AS mode
    FROM current_setting('synchronous_commit') AS mode
  ), batch AS MATERIALIZED (
    SELECT nextval(pg_get_serial_sequence('usage_batches', 'batch_id')) AS batch_id
    FROM durable WHERE durable.mode IS NOT NULL
  ), inserted AS (
    INSERT INTO usage_logs (${names}, batch_id, digest)
    SELECT ${values}, batch_id, sha256(convert_to(line, 'UTF8'))
    FROM batch, (
      SELECT line, ${FIELDS} AS f
      FROM unnest(string_to_array($1, E'\\n')) AS line
      -- Keeps the planner from taking each line apart once for each of its values.
      OFFSET 0
    ) AS lines
    ON CONFLICT (request_id) DO NOTHING
    RETURNING request_id, digest, token_count, "timestamp"
  ), sums AS (
    SELECT count(*) AS row_count, sum(token_count) AS token_sum, min("timestamp") AS first_at,
      max("timestamp") AS last_at, array_agg(request_id ORDER BY request_id) AS ids,
      array_agg(digest ORDER BY request_id) AS digests
    FROM inserted
  ), place AS (
    (SELECT seq + 1 AS seq, hash AS prev_hash FROM usage_batches WHERE node_id = $2::uuid
      ORDER BY usage_batches.seq DESC LIMIT 1)
    UNION ALL SELECT 1, decode(repeat('00', 32), 'hex')
    ORDER BY seq DESC LIMIT 1
  ), chained AS (
    INSERT INTO usage_batches
      (batch_id, node_id, seq, row_count, token_sum, first_at, last_at, request_ids, prev_hash, hash)
    SELECT batch_id, $2::uuid, seq, row_count, token_sum, first_at, last_at, ids, prev_hash,
      apipod_batch_hash(prev_hash, $2::uuid, seq, ids, digests)
    FROM sums, batch, place WHERE row_count > 0
    RETURNING seq, hash, prev_hash
  )
  SELECT row_count::integer AS inserted, seq, encode(hash, 'hex') AS hash, encode(prev_hash, 'hex') AS prev_hash
  FROM sums LEFT JOIN chained ON true`;

/** A batch that was added to the end of a node's chain. */
export interface Link extends ChainHead {
  /** The hash of the batch before. */
  readonly after: string;
}

export interface Inserted {
  /** Rows that were not there yet. */
  readonly inserted: number;
  /** Undefined: there was no such row, so the chain has not grown. */
  readonly link: Link | undefined;
}

/** @param node UUID @throws what `database.query` throws; nothing has changed then, or nobody knows */
export async function insertRows(
  database: Pick<Pool, 'query'>,
  node: string,
  rows: readonly UsageRow[],
): Promise<Inserted> {
  // As bytes: the heap would keep each text until it is marked as a whole, though nobody has a use for it any more.
  const lines = Buffer.from(rows.join('\n'));
  const query = { name: 'usage_insert', text: INSERT_ROWS, values: [lines, node] };
  const result = await database.query<{
    readonly inserted: number;
    readonly seq: string | null;
    readonly hash: string;
    readonly prev_hash: string;
  }>(query);
  const { inserted, seq, hash, prev_hash } = result.rows[0]!;
  return { inserted, link: seq === null ? undefined : { seq: Number(seq), hash, after: prev_hash } };
}

import { boundsOf, OVERLAPS, type Span } from './batches.ts';
import { LISTED_MAX } from './differences.ts';
import type { Range } from './range.ts';
import type { Connection } from './session.ts';

/** Beyond it strays are not even counted. */
const STRAYS_MAX = 100_000;

/** Rows of the range that no batch around it lists. $5, $6: the first and the last batch; $7: since when there are batches. */
const STRAYS = `SELECT r.usage_id::text AS usage_id FROM usage_logs AS r
  WHERE r."timestamp" >= $1 AND r."timestamp" < $2 AND (r.batch_id IS NOT NULL OR r."timestamp" >= $7)
    AND NOT EXISTS (
      SELECT FROM usage_batches AS b CROSS JOIN LATERAL unnest(b.request_ids) AS listed (id)
      WHERE b.batch_id >= $5 AND b.batch_id <= $6 AND (${OVERLAPS}) AND listed.id = r.request_id)
  LIMIT ${STRAYS_MAX + 1}`;

/** What they are. One that its batch lists after all comes from another time, or its batch was given another time. */
const KINDS = `SELECT r.usage_id::text AS usage_id, r.batch_id::text AS batch_id,
    CASE WHEN r.batch_id IS NULL THEN 'foreign'
      WHEN b.batch_id IS NULL THEN 'orphaned'
      WHEN NOT r.request_id = ANY (b.request_ids) THEN 'doubled'
      WHEN r.digest IS DISTINCT FROM apipod_usage_digest(r) THEN 'moved'
      ELSE 'batch_altered' END AS kind
  FROM unnest($1::bigint[]) AS wanted (usage_id)
  JOIN usage_logs AS r USING (usage_id) LEFT JOIN usage_batches AS b ON b.batch_id = r.batch_id
  ORDER BY r.usage_id`;

/**
 * A copy equals another row in everything but the id, which is the first 36 characters of the line. Gateways from
 * before the chain did not write `prompt_bytes`, and later ones always do.
 */
const DETAILS = `SELECT r.usage_id::text AS usage_id, r.request_id, o.request_id AS copy_of,
    r.prompt_bytes IS NULL AND r.upstream IS NOT NULL AND r.duration_ms IS NOT NULL AS of_old_gateway
  FROM unnest($1::bigint[]) AS wanted (usage_id) JOIN usage_logs AS r USING (usage_id)
  LEFT JOIN LATERAL (
    SELECT o.request_id FROM usage_logs AS o
    WHERE o."timestamp" = r."timestamp" AND o.usage_id <> r.usage_id
      AND substr(apipod_usage_line(o), 37) = substr(apipod_usage_line(r), 37)
    ORDER BY o.batch_id IS NULL, o.usage_id LIMIT 1
  ) AS o ON true
  ORDER BY r.usage_id`;

type StrayKind = 'foreign' | 'orphaned' | 'doubled' | 'moved' | 'batch_altered';

export interface Stray {
  readonly kind: StrayKind;
  readonly request_id: string;
  readonly batch_id: number | null;
  readonly copy_of: string | null;
  /** It has what a gateway from before the chain wrote, and nothing else. */
  readonly of_old_gateway: boolean;
}

export interface Strays {
  readonly counts: ReadonlyMap<StrayKind, number>;
  /** Whether there were more than could be counted. */
  readonly more: boolean;
  /** The first LISTED_MAX; of a batch that was given another time one row. */
  readonly listed: readonly Stray[];
}

interface Kind {
  readonly usage_id: string;
  readonly batch_id: string | null;
  readonly kind: StrayKind;
}

interface Detail extends Pick<Stray, 'request_id' | 'copy_of' | 'of_old_gateway'> {
  readonly usage_id: string;
}

/** @param since when the first batch of all was written: rows from before it are no strays */
export async function findStrays(
  database: Connection,
  range: Range,
  span: Span,
  since: Date,
): Promise<Strays> {
  // By hash tables: the planner knows nothing of how long the lists are, and a loop would be quadratic.
  await database.query('SET LOCAL enable_nestloop = off');
  const strays = await database.query<{ usage_id: string }>(STRAYS, [
    ...boundsOf(range),
    span.first,
    span.last,
    since,
  ]);
  await database.query('SET LOCAL enable_nestloop = on');
  const more = strays.length > STRAYS_MAX;
  const counts = new Map<StrayKind, number>();
  if (strays.length === 0) return { counts, more, listed: [] };

  const kinds = await database.query<Kind & Record<string, unknown>>(KINDS, [
    strays.map(({ usage_id }) => usage_id),
  ]);
  const retimed = new Set<string | null>();
  const distinct = kinds.filter(({ kind, batch_id }) => {
    if (kind !== 'batch_altered') return true;
    const told = retimed.has(batch_id);
    retimed.add(batch_id);
    return !told;
  });
  for (const { kind } of distinct) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const first = new Map(distinct.slice(0, LISTED_MAX).map((row) => [row.usage_id, row]));
  const details = await database.query<Detail & Record<string, unknown>>(DETAILS, [[...first.keys()]]);
  const listed = details.map(({ usage_id, ...detail }): Stray => {
    const { kind, batch_id } = first.get(usage_id)!;
    return { ...detail, kind, batch_id: batch_id === null ? null : Number(batch_id) };
  });
  return { counts, more, listed };
}

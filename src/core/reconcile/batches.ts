import { LISTED_MAX } from './differences.ts';
import { firstId, type Range } from './range.ts';
import type { Connection } from './session.ts';

/** Batches that are checked by one statement. */
const PAGE_BATCHES = 500;
/** Ids that are told of one altered batch. */
const SUSPECTS_MAX = 100;

/** Parameters 1 to 4 as `boundsOf` gives them. The ids are part of the hash; the two times are not. */
export const OVERLAPS = `(b.last_at >= $1 AND b.first_at < $2)
  OR (b.request_ids[1] < $4::uuid AND b.request_ids[cardinality(b.request_ids)] >= $3::uuid)`;

/** By their times alone, which the index finds, and one more at either end: its times may have been changed. */
const SPAN = `WITH span AS (
  SELECT min(batch_id) AS first, max(batch_id) AS last FROM usage_batches WHERE last_at >= $1 AND first_at < $2
)
SELECT coalesce((SELECT max(batch_id) FROM usage_batches WHERE batch_id < first), first)::text AS first,
  coalesce((SELECT min(batch_id) FROM usage_batches WHERE batch_id > last), last)::text AS last
  FROM span WHERE first IS NOT NULL`;

/**
 * One page of batches with the rows that they list, found by id wherever their time was moved to. $5: the first batch,
 * $6: the last one. `computed` is NULL where a row or its digest is missing.
 */
const PAGE = `WITH page AS MATERIALIZED (
  SELECT * FROM usage_batches AS b WHERE b.batch_id >= $5 AND b.batch_id <= $6 AND (${OVERLAPS})
  ORDER BY b.batch_id LIMIT ${PAGE_BATCHES}
), listed AS MATERIALIZED (
  SELECT p.batch_id, p.first_at, p.last_at, i.id, i.place, l.usage_id, l.batch_id AS named, l.digest,
    l.token_count, l."timestamp",
    CASE WHEN l.usage_id IS NOT NULL THEN coalesce(l.digest = apipod_usage_digest(l), false) END AS intact
  FROM page AS p CROSS JOIN LATERAL unnest(p.request_ids) WITH ORDINALITY AS i (id, place)
  LEFT JOIN usage_logs AS l ON l.request_id = i.id
), sums AS MATERIALIZED (
  SELECT batch_id, count(usage_id) AS found, count(digest) AS digests_found, sum(token_count) AS tokens,
    count(*) FILTER (WHERE id >= $3::uuid AND id < $4::uuid) AS in_range,
    bool_and(coalesce(intact, false)) AS intact, min("timestamp") AS first, max("timestamp") AS last,
    array_agg(digest ORDER BY place) AS digests,
    to_jsonb((array_agg(id ORDER BY place) FILTER (WHERE intact))[1:${SUSPECTS_MAX}]) AS suspects
  FROM listed GROUP BY batch_id
), checked AS (
  SELECT p.batch_id, p.node_id, p.seq, p.token_sum, p.row_count, p.hash, p.prev_hash,
    cardinality(p.request_ids) AS rows, coalesce(s.found, 0) AS found, coalesce(s.tokens, 0) AS tokens,
    coalesce(s.in_range, 0) AS in_range,
    coalesce(s.suspects, '[]') AS suspects,
    CASE WHEN coalesce(s.digests_found, 0) = cardinality(p.request_ids)
      THEN apipod_batch_hash(p.prev_hash, p.node_id, p.seq, p.request_ids, coalesce(s.digests, '{}')) END AS computed,
    -- Its other columns are not in the hash, but follow from its rows where all of these are as they were.
    p.row_count <> cardinality(p.request_ids) OR coalesce(s.intact, false)
      AND (p.token_sum <> s.tokens OR p.first_at <> s.first OR p.last_at <> s.last) AS mislabelled
  FROM page AS p LEFT JOIN sums AS s USING (batch_id)
), links AS (
  SELECT c.node_id, c.seq, c.batch_id FROM checked AS c
  LEFT JOIN usage_batches AS before ON before.node_id = c.node_id AND before.seq = c.seq - 1
  WHERE CASE WHEN c.seq = 1 THEN c.prev_hash <> decode(repeat('00', 32), 'hex') ELSE c.prev_hash <> before.hash END
  UNION
  SELECT after.node_id, after.seq, after.batch_id FROM checked AS c
  JOIN usage_batches AS after ON after.node_id = c.node_id AND after.seq = c.seq + 1
  WHERE after.prev_hash <> c.hash
), altered AS (
  SELECT *, computed IS NOT NULL AND computed <> hash AS broken FROM checked
  WHERE mislabelled OR computed <> hash
), bad AS (
  SELECT CASE WHEN usage_id IS NULL THEN 'missing'
    WHEN NOT intact AND ("timestamp" < first_at OR "timestamp" > last_at) THEN 'moved' ELSE 'edited' END AS kind, *
  FROM listed WHERE usage_id IS NULL OR NOT intact OR named IS DISTINCT FROM batch_id
)
SELECT count(*)::int AS batches, max(batch_id)::text AS last, array_agg(DISTINCT node_id::text) AS nodes,
  coalesce(sum(rows), 0)::float8 AS rows, coalesce(sum(token_sum), 0)::float8 AS tokens,
  coalesce(sum(in_range), 0)::float8 AS in_range, coalesce(sum(found), 0)::float8 AS found,
  coalesce(sum(checked.tokens), 0)::float8 AS found_tokens,
  count(*) FILTER (WHERE computed = hash)::int AS proven, count(*) FILTER (WHERE computed IS NULL)::int AS unproven,
  (SELECT coalesce(jsonb_object_agg(kind, number), '{}') FROM
    (SELECT kind, count(*) AS number FROM bad GROUP BY kind) AS kinds) AS bad_counts,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'request_id', id, 'batch_id', batch_id, 'named', named,
      'intact', intact, 'time', to_char("timestamp" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))), '[]')
    FROM (SELECT * FROM bad ORDER BY batch_id, id LIMIT ${LISTED_MAX}) AS first) AS bad,
  (SELECT count(*)::int FROM altered) AS altered_count,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('batch_id', batch_id, 'node_id', node_id, 'seq', seq,
      'broken', broken, 'mislabelled', mislabelled, 'suspects', suspects)), '[]')
    FROM (SELECT * FROM altered ORDER BY batch_id LIMIT ${LISTED_MAX}) AS first) AS altered,
  (SELECT coalesce(jsonb_agg(jsonb_build_object('batch_id', batch_id, 'node_id', node_id, 'seq', seq)), '[]')
    FROM links) AS links
FROM checked`;

export interface BadRow {
  readonly kind: 'missing' | 'edited' | 'moved';
  readonly request_id: string;
  readonly batch_id: number;
  /** The batch that the row names. */
  readonly named: number | null;
  readonly intact: boolean | null;
  /** ISO 8601. */
  readonly time: string | null;
}

export interface BatchName {
  readonly batch_id: number;
  readonly node_id: string;
  readonly seq: number;
}

export interface AlteredBatch extends BatchName {
  /** Its hash does not follow. */
  readonly broken: boolean;
  /** Its count, sum or times do not. */
  readonly mislabelled: boolean;
  readonly suspects: readonly string[];
}

export interface Page {
  readonly batches: number;
  readonly last: string | null;
  readonly nodes: readonly string[] | null;
  readonly rows: number;
  readonly tokens: number;
  readonly in_range: number;
  readonly found: number;
  readonly found_tokens: number;
  readonly proven: number;
  readonly unproven: number;
  readonly bad_counts: Readonly<Partial<Record<BadRow['kind'], number>>>;
  readonly bad: readonly BadRow[];
  readonly altered_count: number;
  readonly altered: readonly AlteredBatch[];
  /** Batches that do not follow from the one before. */
  readonly links: readonly BatchName[];
}

/** The first and the last of the batches that have to be looked at. */
export interface Span {
  readonly first: string;
  readonly last: string;
}

/** Holds no batch. */
const NOTHING: Span = { first: '0', last: '-1' };

export async function spanOf(database: Connection, { from, to }: Range): Promise<Span> {
  const [span] = await database.query<{ first: string; last: string }>(SPAN, [from, to]);
  return span ?? NOTHING;
}

/** The range, and the least ids of its two times. */
export const boundsOf = ({ from, to }: Range): unknown[] => [
  from,
  to,
  firstId(from.getTime()),
  firstId(to.getTime()),
];

/** Checks every batch that overlaps the range, some hundred by a statement. */
export async function* eachPage(database: Connection, range: Range, span: Span): AsyncGenerator<Page> {
  // By index, row for row: the planner knows nothing of how long the lists are.
  await database.query('SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off');
  for (let first = span.first; ; ) {
    const [page] = await database.query<Page & Record<string, unknown>>(PAGE, [
      ...boundsOf(range),
      first,
      span.last,
    ]);
    if (page!.last === null) break;
    yield page!;
    first = String(BigInt(page!.last) + 1n);
  }
  await database.query('SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on');
}

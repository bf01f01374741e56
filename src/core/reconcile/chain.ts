import { LISTED_MAX } from './differences.ts';
import type { Range } from './range.ts';
import type { Connection } from './session.ts';
import type { ChainHead, Difference, HeadRecord, NodeHead } from './types.ts';

/**
 * A node writes its head once a second at most, and waits for nobody: a kill may leave it behind by the batches of that
 * time. A disk that takes no file for a while may leave it behind by more, of the same time.
 */
const HEAD_LAG_MAX = 100;
const HEAD_LAG_MAX_MS = 60_000;

/** By an index alone; the times are looked up for the few batches that follow a gap. */
const GAPS = `WITH gaps AS MATERIALIZED (
  SELECT node_id, seq, before FROM (
    SELECT node_id, seq, coalesce(lag(seq) OVER (PARTITION BY node_id ORDER BY seq), 0) AS before FROM usage_batches
  ) AS chain WHERE seq <> before + 1
)
SELECT a.batch_id::text AS batch_id, g.node_id, g.seq::float8 AS seq, g.before::float8 AS before
  FROM gaps AS g JOIN usage_batches AS a USING (node_id, seq)
  LEFT JOIN usage_batches AS b ON b.node_id = g.node_id AND b.seq = g.before
  WHERE a.last_at >= $1 AND (b.batch_id IS NULL OR b.first_at < $2)
  ORDER BY a.batch_id LIMIT 1000`;

const LAST = `SELECT seq::float8 AS seq, encode(hash, 'hex') AS hash FROM usage_batches
  WHERE node_id = $1 ORDER BY seq DESC LIMIT 1`;
const LAST_WRITTEN = `SELECT written_at FROM usage_batches WHERE node_id = $1 ORDER BY seq DESC LIMIT 1`;
/** From node to node by the index: the table may be long, the nodes are few. */
const OTHERS = `WITH RECURSIVE nodes AS (
  (SELECT node_id FROM usage_batches ORDER BY node_id LIMIT 1)
  UNION ALL
  SELECT (SELECT b.node_id FROM usage_batches AS b WHERE b.node_id > n.node_id ORDER BY b.node_id LIMIT 1)
    FROM nodes AS n WHERE n.node_id IS NOT NULL
)
SELECT n.node_id, b.seq::float8 AS seq, encode(b.hash, 'hex') AS hash FROM nodes AS n CROSS JOIN LATERAL (
  SELECT seq, hash FROM usage_batches WHERE node_id = n.node_id ORDER BY seq DESC LIMIT 1
) AS b WHERE n.node_id IS DISTINCT FROM $1::uuid ORDER BY n.node_id LIMIT ${LISTED_MAX}`;
const AT = `SELECT encode(hash, 'hex') AS hash FROM usage_batches WHERE node_id = $1 AND seq = $2`;

interface Gap {
  readonly batch_id: string;
  readonly node_id: string;
  readonly seq: number;
  readonly before: number;
}

/** What the node has written down of the end of its chain. */
export interface Heads {
  /** Before the database was looked at, which may be ahead by any number. */
  readonly before: HeadRecord | null;
  /** Afterwards: the database may be ahead by a few. */
  readonly after: HeadRecord | null;
  /** When `after` was written. */
  readonly writtenAt: Date | null;
}

/** Where batches are missing in the chains of all nodes, as far as they may have held rows of the range. */
export async function findGaps(database: Connection, { from, to }: Range): Promise<Difference[]> {
  const gaps = await database.query<Gap & Record<string, unknown>>(GAPS, [from, to]);
  return gaps.map(({ batch_id, node_id, seq, before }) => ({
    kind: 'batches_missing',
    request_id: null,
    batch_id: Number(batch_id),
    text:
      `${seq - before - 1} batches of node ${node_id} (seq ${before + 1} to ${seq - 1}) are not there, ` +
      `${before === 0 ? '' : `after seq ${before} and `}before batch ${batch_id}.`,
  }));
}

export async function lastOf(database: Connection, nodeId: string): Promise<ChainHead | null> {
  const [last] = await database.query<{ seq: number; hash: string }>(LAST, [nodeId]);
  return last ?? null;
}

/** Where the chains of all nodes but this one end; the first LISTED_MAX. */
export async function othersThan(database: Connection, nodeId: string | null): Promise<NodeHead[]> {
  return database.query<NodeHead & Record<string, unknown>>(OTHERS, [nodeId]);
}

/**
 * Compares the end of this node's chain with what the node has written down of it.
 */
export async function checkHead(
  database: Connection,
  nodeId: string,
  last: ChainHead | null,
  { before, after, writtenAt }: Heads,
): Promise<Difference[]> {
  const head = (text: string): Difference[] => [{ kind: 'head', request_id: null, batch_id: null, text }];
  const lastSeq = last?.seq ?? 0;
  if (after?.cut) {
    const { seq, hash } = after.cut;
    return head(
      `The chain of this node was cut off or rewritten at or before seq ${seq} (hash ${hash}) while the gateway ran or ` +
        'was away; what it wrote since follows on what it found.',
    );
  }
  if (after === null) {
    if (lastSeq <= HEAD_LAG_MAX) return [];
    return head(
      `The database has ${lastSeq} batches of this node, whose DATA_DIR has no readable journal/head.json.`,
    );
  }
  if (lastSeq > after.seq + HEAD_LAG_MAX) {
    const [newest] = await database.query<{ written_at: Date }>(LAST_WRITTEN, [nodeId]);
    if (Math.abs(newest!.written_at.getTime() - (writtenAt?.getTime() ?? 0)) > HEAD_LAG_MAX_MS) {
      return head(
        `The database has ${lastSeq} batches of this node, which itself knows of ${after.seq}: ` +
          'somebody else writes in its name, or head.json is old (an old copy, or the gateway could not write it and says so in its log).',
      );
    }
  }
  if (before === null) return [];
  if (before.seq > lastSeq) {
    return head(
      `The end of this node's chain is cut off: ${before.seq - lastSeq} batches (seq ${lastSeq + 1} to ${before.seq}) are not there.`,
    );
  }
  const [at] = await database.query<{ hash: string }>(AT, [nodeId, before.seq]);
  // A batch that is not there is a gap, and told as one.
  if (at === undefined || at.hash === before.hash) return [];
  return head(
    `Batch seq ${before.seq} of this node has the hash ${at.hash}, but the node wrote ${before.hash}: the chain was rewritten.`,
  );
}

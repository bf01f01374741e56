import { findAside, sumAside } from './aside.ts';
import { eachPage, type Span, spanOf } from './batches.ts';
import { checkHead, findGaps, lastOf, othersThan } from './chain.ts';
import { Differences } from './differences.ts';
import { headWrittenAt, readHead, readNodeId } from './head.ts';
import { findLost, surveyJournal } from './journal.ts';
import { readMetrics } from './metrics.ts';
import type { Range } from './range.ts';
import { type Connection, type SessionOptions, withSession } from './session.ts';
import { findStrays } from './strays.ts';
import { chainedSince, sumRows } from './totals.ts';
import type { BatchTotals, ChainTotals, Report, RowTotals } from './types.ts';
import { alteredBatch, badRow, brokenLink, damagedFiles, lostRow, stray } from './words.ts';

export interface ReconcileOptions extends SessionOptions {
  readonly dataDir: string;
  /** The Prometheus text of the running gateway; undefined if nobody gives it. */
  readonly scrape: () => Promise<string | undefined>;
}

/**
 * Audits the books: the journal of this node, what all nodes say that they wrote, and what the table has. Changes
 * nothing. @throws what the database throws; the signal's reason
 */
export async function reconcile(range: Range, options: ReconcileOptions): Promise<Report> {
  const { dataDir, scrape, signal } = options;
  return withSession(options, async (database) => {
    const differences = new Differences();
    // Before the database, so that what has left the journal since is in it.
    const find = (ids: ReadonlySet<string>) => findAside(dataDir, ids);
    const survey = await surveyJournal(dataDir, range, database, find);
    if (survey.totals.damaged > 0) differences.add(damagedFiles(survey.totals.damaged));
    const metrics = await scrape();
    const head = await readHead(dataDir);
    const books = await inSnapshot(database, () => audit(database, range, dataDir, head, differences));
    signal.throwIfAborted();
    for (const id of await findLost(dataDir, survey.watched, database, find)) differences.add(lostRow(id));
    return {
      from: range.from.toISOString(),
      to: range.to.toISOString(),
      journal: survey.totals,
      ...books,
      set_aside: await sumAside(dataDir, range),
      metrics: metrics === undefined ? null : readMetrics(metrics, survey.totals),
      differences: differences.report(),
    };
  });
}

interface Books {
  readonly batches: BatchTotals;
  readonly rows: RowTotals;
  readonly chain: ChainTotals;
}

async function audit(
  database: Connection,
  range: Range,
  dataDir: string,
  head: ChainTotals['head'],
  differences: Differences,
): Promise<Books> {
  const since = await chainedSince(database);
  const rows = await sumRows(database, range, since);
  const span = await spanOf(database, range);
  const batches = await checkBatches(database, range, span, differences);
  const strays = await findStrays(database, range, span, since);
  for (const [kind, count] of strays.counts) differences.count(kind, count);
  for (const found of strays.listed) differences.name(stray(found));
  if (strays.more) differences.leaveRest();
  for (const gap of await findGaps(database, range)) differences.add(gap);
  const nodeId = await readNodeId(dataDir);
  const last = nodeId === null ? null : await lastOf(database, nodeId);
  if (nodeId !== null) {
    const heads = {
      before: head,
      // Asked first: it is never the time of a later one.
      writtenAt: await headWrittenAt(dataDir),
      after: await readHead(dataDir),
    };
    for (const found of await checkHead(database, nodeId, last, heads)) differences.add(found);
  }
  return {
    batches,
    rows,
    chain: { node_id: nodeId, head, last, others: await othersThan(database, nodeId) },
  };
}

async function checkBatches(
  database: Connection,
  range: Range,
  span: Span,
  differences: Differences,
): Promise<BatchTotals> {
  const nodes = new Set<string>();
  const links = new Set<number>();
  const sum = { batches: 0, rows: 0, tokens: 0, rows_in_range: 0, proven: 0, unproven: 0 };
  const found = { rows: 0, tokens: 0 };
  for await (const page of eachPage(database, range, span)) {
    sum.batches += page.batches;
    sum.rows += page.rows;
    sum.tokens += page.tokens;
    sum.rows_in_range += page.in_range;
    sum.proven += page.proven;
    sum.unproven += page.unproven;
    found.rows += page.found;
    found.tokens += page.found_tokens;
    for (const node of page.nodes ?? []) nodes.add(node);
    for (const kind of ['missing', 'edited', 'moved'] as const)
      differences.count(kind, page.bad_counts[kind] ?? 0);
    for (const row of page.bad) differences.name(badRow(row));
    differences.count('batch_altered', page.altered_count);
    for (const batch of page.altered) differences.name(alteredBatch(batch));
    for (const batch of page.links) {
      if (!links.has(batch.batch_id)) differences.add(brokenLink(batch));
      links.add(batch.batch_id);
    }
  }
  return { ...sum, nodes: nodes.size, found };
}

/** All queries see the database at one moment. */
async function inSnapshot<T>(database: Connection, use: () => Promise<T>): Promise<T> {
  await database.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY');
  const result = await use();
  await database.query('COMMIT');
  return result;
}

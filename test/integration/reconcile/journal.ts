// What the journal of the node holds is told beside the rows, and nothing that is merely on its way is a difference.
import {
  appendFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ASIDE_FILE } from '../../../src/core/ledger/aside.ts';
import { newLife } from '../../../src/core/ledger/journal/life.ts';
import { describeRow, requestIdOf } from '../../../src/core/ledger/row.ts';
import type { UsageRow } from '../../../src/core/types.ts';
import {
  DAY,
  deadLife,
  found,
  NOON,
  ROW_TOKENS,
  TestBooks,
  usageRow,
  usageRows,
} from '../../fixtures/books.ts';
import { testDatabase } from '../../fixtures/database.ts';

/** As in src/core/reconcile/chain.ts. */
const HEAD_LAG_MAX = 100;

const booksOf = async (t: Test) => new TestBooks(t, await testDatabase(t));
const crashed = (rows: readonly UsageRow[]) => rows.map((row) => row.replace('completed', 'crashed'));
const asideLine = (row: UsageRow, reason = 'a test') =>
  `${JSON.stringify({ at: 'now', reason, row: describeRow(row) })}\n`;

t.test('open, cut off, waiting and shipped exchanges are told apart', async (t) => {
  const books = await booksOf(t);
  const [shipped, waiting, open, cut] = [0, 1, 2, 3].map((n) => usageRows(n + 2, NOON + n * 60_000)) as [
    UsageRow[],
    UsageRow[],
    UsageRow[],
    UsageRow[],
  ];
  const yesterday = usageRow(NOON - 86_400_000);
  await books.write(shipped);
  const live = newLife();
  books.journal(live, 1, crashed([...shipped, ...waiting, ...open]), shipped);
  books.journal(live, 2, crashed(open), [...waiting, yesterday]);
  books.journal(deadLife(), 7, crashed(cut), []);
  const report = await books.audit();
  t.same(report.journal, {
    lives: 2,
    lives_running: 1,
    open: 4,
    unsettled: 5,
    waiting: { rows: 4, tokens: 4 * ROW_TOKENS },
    waiting_in_range: { rows: 3, tokens: 3 * ROW_TOKENS },
    shipped: 2,
    set_aside: 0,
    damaged: 0,
  });
  t.equal(report.differences.count, 0);
});

t.test('a folder without a journal', async (t) => {
  const books = await booksOf(t);
  rmSync(books.dataDir, { recursive: true });
  const report = await books.audit();
  t.match(report, { journal: { lives: 0, open: 0 }, chain: { node_id: null, head: null, last: null } });
  t.equal(report.differences.count, 0);
});

t.test('a row that comes into the database during the audit is no difference', async (t) => {
  const books = await booksOf(t);
  const rows = usageRows(3);
  const file = books.journal(newLife(), 1, crashed(rows), rows.slice(1));
  // The metrics are asked for between the journal and the database.
  const report = await books.audit(DAY, async () => {
    await books.write(rows);
    rmSync(file);
    return undefined;
  });
  t.match(report, { journal: { open: 1, waiting: { rows: 2 } }, rows: { rows: 3 }, batches: { rows: 3 } });
  t.equal(report.differences.count, 0);
});

t.test('a row that leaves the journal for nowhere is lost; one that was set aside is not', async (t) => {
  const books = await booksOf(t);
  const rows = usageRows(3);
  const file = books.journal(deadLife(), 1, crashed(rows), rows.slice(1));
  const report = await books.audit(DAY, async () => {
    rmSync(file);
    writeFileSync(join(books.dataDir, ASIDE_FILE), asideLine(rows[1]!));
    return undefined;
  });
  t.same(found(report), [`lost ${requestIdOf(rows[0]!)}`, `lost ${requestIdOf(rows[2]!)}`].toSorted());
});

t.test('rows that were set aside are summed once, by the time of their request', async (t) => {
  const books = await booksOf(t);
  const [first, second] = usageRows(2);
  const file = join(books.dataDir, ASIDE_FILE);
  writeFileSync(file, [first, second, second].map((row) => asideLine(row!)).join(''));
  appendFileSync(file, asideLine(usageRow(NOON - 86_400_000)));
  appendFileSync(file, '{"at": "half a li');
  t.same((await books.audit()).set_aside, { rows: 2, tokens: 2 * ROW_TOKENS });
});

t.test('a row that was set aside does not wait for the database', async (t) => {
  const books = await booksOf(t);
  const rows = usageRows(3);
  books.journal(newLife(), 1, crashed(rows), rows);
  writeFileSync(join(books.dataDir, ASIDE_FILE), asideLine(rows[1]!));
  const text =
    '# HELP apipod_usage_admitted_total x\napipod_usage_admitted_total 3\napipod_usage_rows_rejected_total 1\n';
  const report = await books.audit(DAY, async () => text);
  t.match(report.journal, { waiting: { rows: 2 }, waiting_in_range: { rows: 2 }, set_aside: 1, shipped: 0 });
  t.equal(report.metrics?.balance, 0);
});

t.test('a torn end is no damage; a torn middle and what was set aside as damaged is', async (t) => {
  const books = await booksOf(t);
  const rows = usageRows(4);
  const life = deadLife();
  const write = (number: number, from: number) => {
    const file = books.journal(life, number, [], rows.slice(from, from + 2));
    truncateSync(file, statSync(file).size - 65_536 - 10);
    return file;
  };
  const first = write(1, 0);
  const whole = await books.audit();
  t.match(whole.journal, { waiting: { rows: 1 }, damaged: 0 });
  t.same(whole.differences.listed, []);
  write(2, 2);
  const torn = await books.audit();
  t.match(torn.journal, { waiting: { rows: 2 }, damaged: 1 });
  t.match(torn.differences, { count: 1, listed: [{ kind: 'damaged', text: /^1 files/ }] });
  renameSync(first, `${first}.damaged`);
  t.match((await books.audit()).journal, { waiting: { rows: 1 }, damaged: 1 });
});

t.test('a journal of many rows is looked up in parts', async (t) => {
  const books = await booksOf(t);
  const rows = usageRows(12_000);
  await books.write(rows.slice(0, 7_000));
  books.journal(newLife(), 1, [], rows);
  t.match((await books.audit()).journal, { shipped: 7_000, waiting: { rows: 5_000 } });
});

t.test('the metrics are put beside the journal', async (t) => {
  const books = await booksOf(t);
  const rows = usageRows(5);
  await books.write(rows.slice(0, 2));
  books.journal(newLife(), 1, crashed(rows), rows.slice(0, 4));
  const text = [
    '# HELP apipod_usage_admitted_total Exchanges',
    'apipod_usage_admitted_total 5',
    'apipod_usage_rows_written_total 2',
    'apipod_usage_rows_waiting 2',
    'apipod_requests_total{dialect="openai"} 9',
  ].join('\n');
  t.same((await books.audit(DAY, async () => text)).metrics, {
    admitted: 5,
    written: 2,
    duplicates: 0,
    crashed: 0,
    rejected: 0,
    unjournaled: 0,
    waiting: 2,
    balance: 0,
  });
  t.equal((await books.audit(DAY, async () => '<html>')).metrics, null, 'somebody else at that port');
});

t.test('the head may be behind the database, by a few batches', async (t) => {
  const books = await booksOf(t);
  for (let n = 0; n <= HEAD_LAG_MAX; n++) await books.write([usageRow(NOON + n * 1_000)]);
  const [first, second] = await books.database.query<{ hash: string }>(
    `SELECT encode(hash, 'hex') AS hash FROM usage_batches ORDER BY seq`,
  );
  books.writeHead(1, first!.hash);
  t.equal((await books.audit()).differences.count, 0);
  books.writeHead(1, second!.hash);
  t.match((await books.audit()).differences.listed, [{ kind: 'head', text: /rewritten/ }]);
  books.writeHead(0, '0'.repeat(64));
  t.match((await books.audit()).differences.listed, [{ kind: 'head', text: /101 batches .* knows of 0/ }]);
  // As where the disk was full for a moment: the batches are of the same time.
  utimesSync(join(books.dataDir, 'journal/head.json'), NOON / 1_000, NOON / 1_000);
  t.same((await books.audit()).differences.listed, []);
  rmSync(join(books.dataDir, 'journal/head.json'));
  t.match((await books.audit()).differences.listed, [{ kind: 'head', text: /no readable/ }]);
});

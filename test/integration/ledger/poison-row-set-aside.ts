// One row that the database cannot take costs itself, not the 499 beside it; and what a client writes into its
// request makes no such row.
import t from 'tap';
import { describeRow, requestIdOf } from '../../../src/core/ledger/row.ts';
import { testDatabase } from '../../fixtures/database.ts';
import { deadLife, TestJournal, usageRow, usageRows } from '../../fixtures/journal.ts';
import { batchWriter, chainFaults, counted, journalFolder, testShipper } from '../../fixtures/shipper.ts';

t.test('a number out of range', async (t) => {
  const database = await testDatabase(t);
  const { writer, aside, queries } = batchWriter(t, database);
  const rows = Array.from({ length: 500 }, (_, i) => usageRow({ userId: i === 321 ? 2 ** 40 : i }));
  t.same(await writer.write(rows), []);
  t.same(await database.query('SELECT count(*)::int AS rows FROM usage_logs'), [{ rows: 499 }]);
  t.match(aside, [[[rows[321]], /^22003: /]]);
  t.match(writer.stats, { written: 499, setAside: 1, failures: 0 });
  t.ok(queries.length <= 19, `${queries.length} INSERTs`);
});

t.test('not a number at all', async (t) => {
  const { writer, aside } = batchWriter(t, await testDatabase(t));
  const row = usageRow({ quotaItemId: undefined as unknown as number });
  await writer.write([usageRow(), row, 'no row at all']);
  t.match(
    aside.map(([[poison], reason]) => [describeRow(poison!).request_id, reason]),
    [
      [requestIdOf(row), /^22P02: /],
      ['no row at all', /^22P02: /],
    ],
  );
  t.equal(writer.stats.written, 1);
});

t.test('a NUL, a tab and a line end in the model that the client asked for', async (t) => {
  const database = await testDatabase(t);
  const { writer, aside } = batchWriter(t, database);
  await writer.write([usageRow({ requestedModel: 'a\0b\tc\nd' })]);
  t.same(aside, []);
  t.same(await database.query('SELECT requested_model FROM usage_logs'), [
    { requested_model: 'a\ufffdb\ufffdc\ufffdd' },
  ]);
});

t.test('it holds up nothing in its journal', async (t) => {
  const database = await testDatabase(t);
  const root = journalFolder(t);
  const journal = new TestJournal(root, deadLife());
  const poison = usageRow({ subId: 2 ** 40 });
  journal.finals(usageRows(321));
  journal.open(poison);
  journal.final(poison);
  journal.finals(usageRows(600));
  const { shipper, writer, aside, stop } = testShipper(t, database, root);
  await shipper.start();
  await stop();
  t.same(await counted(database), { rows: 921, ids: 921 });
  t.match(aside, [[[poison], /^22003: /]]);
  t.match(writer.stats, { written: 921, setAside: 1 });
  t.same(await chainFaults(database), []);
  t.match([shipper.rows, shipper.bytes, journal.files], [0, 0, undefined]);
});

// One row that the database cannot take costs itself, not the 499 beside it; and what a client writes into its
// request makes no such row.
import t from 'tap';
import { describeRow, encodeRow } from '../../../src/core/ledger/row.ts';
import { testDatabase } from '../../fixtures/database.ts';
import { usageRecord } from '../../fixtures/usage.ts';
import { usageWriter } from '../../fixtures/writer.ts';

t.test('a number out of range', async (t) => {
  const database = await testDatabase(t);
  const { writer, aside, queries } = usageWriter(t, database);
  const records = Array.from({ length: 500 }, (_, i) => usageRecord({ userId: i === 321 ? 2 ** 40 : i }));
  t.equal(await writer.write(records.map(encodeRow)), true);
  t.same(await database.query('SELECT count(*)::int AS rows FROM usage_logs'), [{ rows: 499 }]);
  t.match(aside, [[[encodeRow(records[321]!)], /^22003: /]]);
  t.match(writer.stats, { written: 499, setAside: 1, waiting: 0, failures: 0 });
  t.ok(queries.length <= 19, `${queries.length} INSERTs`);
});

t.test('not a number at all', async (t) => {
  const { writer, aside } = usageWriter(t, await testDatabase(t));
  const record = usageRecord({ quotaItemId: undefined as unknown as number });
  await writer.write([encodeRow(usageRecord()), encodeRow(record), 'no row at all']);
  t.match(
    aside.map(([[row], reason]) => [describeRow(row!).request_id, reason]),
    [
      [record.requestId, /^22P02: /],
      ['no row at all', /^22P02: /],
    ],
  );
  t.equal(writer.stats.written, 1);
});

t.test('a NUL, a tab and a line end in the model that the client asked for', async (t) => {
  const database = await testDatabase(t);
  const { writer, aside } = usageWriter(t, database);
  await writer.write([encodeRow(usageRecord({ requestedModel: 'a\0b\tc\nd' }))]);
  t.same(aside, []);
  t.same(await database.query('SELECT requested_model FROM usage_logs'), [
    { requested_model: 'a\ufffdb\ufffdc\ufffdd' },
  ]);
});

// While the database is away the journals grow. At their bound the workers are told, and again when there is room.
import t from 'tap';
import { newLife } from '../../../src/core/ledger/journal/life.ts';
import { channelPair } from '../../fixtures/channel.ts';
import { testDatabase } from '../../fixtures/database.ts';
import { deadLife, TestJournal, usageRows } from '../../fixtures/journal.ts';
import { until } from '../../fixtures/pool.ts';
import { counted, journalFolder, testShipper } from '../../fixtures/shipper.ts';

const BYTES_MAX = 1_048_576;

t.test('full, and then not full', async (t) => {
  const database = await testDatabase(t);
  const root = journalFolder(t);
  const journals = [new TestJournal(root, newLife()), new TestJournal(root, newLife())];
  const { shipper, writer, fulls } = testShipper(t, database, root, { JOURNAL_BYTES_MAX: BYTES_MAX });
  const { worker, primary } = channelPair();
  await shipper.start();
  shipper.attach(primary);
  await database.server.stop();
  let rows = 0;
  while (!shipper.full) {
    const journal = journals[rows % 2]!;
    journal.final(...usageRows(49));
    rows += 49;
    worker.send('journal', journal.notice);
    await new Promise(setImmediate);
    await new Promise(setImmediate);
    if (!shipper.full) t.ok(journals[0]!.bytes + journals[1]!.bytes < BYTES_MAX + 50_000);
  }
  t.ok(Math.abs(shipper.bytes - journals[0]!.bytes - journals[1]!.bytes) < BYTES_MAX / 100);
  await until(() => writer.stats.failures > 0);
  t.same(fulls, [true]);
  await database.server.start();
  await until(() => shipper.rows === 0);
  t.same(fulls, [true, false]);
  t.equal(shipper.bytes, 0);
  t.same(await counted(database), { rows, ids: rows });
});

t.test('full from the start, by what others have left', async (t) => {
  const database = await testDatabase(t);
  const root = journalFolder(t);
  const journal = new TestJournal(root, deadLife());
  while (journal.bytes < BYTES_MAX * 1.1) journal.finals(usageRows(500));
  const { shipper, fulls } = testShipper(t, database, root, { JOURNAL_BYTES_MAX: BYTES_MAX });
  await database.server.stop();
  await shipper.start();
  t.equal(shipper.full, true);
  await database.server.start();
  await until(() => journal.files === undefined);
  t.same(fulls, [true, false]);
});

t.test('the zeros that keep a place do not count', async (t) => {
  const database = await testDatabase(t);
  const root = journalFolder(t);
  for (let i = 0; i < 20; i++) new TestJournal(root, deadLife());
  const { shipper } = testShipper(t, database, root, { JOURNAL_BYTES_MAX: BYTES_MAX });
  await database.server.stop();
  await shipper.start();
  t.same([shipper.bytes, shipper.full], [0, false]);
  await database.server.start();
});

// A segment is deleted when nothing in it is needed any more, and none that is older is left: so that whatever is read
// again after a crash has the end of each exchange that it has the beginning of.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { uuidv7 } from '../../../src/core/id.ts';
import { newLife } from '../../../src/core/ledger/journal/life.ts';
import { channelPair } from '../../fixtures/channel.ts';
import { testDatabase } from '../../fixtures/database.ts';
import { TestJournal, usageRow, usageRows } from '../../fixtures/journal.ts';
import { until } from '../../fixtures/pool.ts';
import { counted, journalFolder, testShipper } from '../../fixtures/shipper.ts';

const file = (number: number) => `0000000${number}.journal`;

t.test('a long stream holds its segment and all later ones, until its row is repeated', async (t) => {
  const database = await testDatabase(t);
  const root = journalFolder(t);
  const journal = new TestJournal(root, newLife());
  const { shipper } = testShipper(t, database, root);
  const { worker, primary } = channelPair();
  await shipper.start();
  shipper.attach(primary);
  const shipped = async (rows: number) => {
    worker.send('journal', journal.notice);
    await until(async () => (await counted(database)).rows === rows);
  };
  journal.final(...usageRows(10));
  journal.rotate();
  await shipped(10);
  await until(() => journal.files?.length === 1);
  t.same(journal.files, [file(2)]);

  const requestId = uuidv7(Date.now());
  journal.open(usageRow({ requestId, outcome: 'crashed' }));
  for (let i = 0; i < 3; i++) {
    journal.final(...usageRows(10));
    journal.rotate();
  }
  await shipped(40);
  journal.final(...usageRows(10));
  await shipped(50);
  t.same(journal.files, [file(2), file(3), file(4), file(5)]);

  journal.open(usageRow({ requestId, outcome: 'crashed' }));
  worker.send('journal', journal.notice);
  await until(() => journal.files?.length === 1);
  t.same(journal.files, [file(5)], 'the one that is written to');

  journal.rotate();
  journal.final(usageRow({ requestId }));
  await shipped(51);
  await until(() => journal.files?.length === 1);
  t.same(journal.files, [file(6)]);
  t.equal(shipper.stats.crashed, 0);
});

t.test('not before its rows are committed', async (t) => {
  const database = await testDatabase(t);
  const root = journalFolder(t);
  const journal = new TestJournal(root, newLife());
  const { shipper, writer } = testShipper(t, database, root);
  const { worker, primary } = channelPair();
  await shipper.start();
  shipper.attach(primary);
  await database.server.stop();
  for (let i = 0; i < 3; i++) {
    journal.final(...usageRows(10));
    journal.rotate();
  }
  worker.send('journal', journal.notice);
  await until(() => writer.stats.failures > 0);
  t.same(journal.files, [file(1), file(2), file(3), file(4)]);
  t.ok(readFileSync(join(journal.folder, file(1))).includes('cursor-pro-sonnet'));
  await database.server.start();
  await until(() => journal.files?.length === 1);
  t.same(await counted(database), { rows: 30, ids: 30 });
});

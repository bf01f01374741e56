// Journals that others have left are read to their end: their rows are in the database once, what was open when the
// worker died is settled with its last counts, and the files are gone.
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { uuidv7 } from '../../../src/core/id.ts';
import { newLife } from '../../../src/core/ledger/journal/life.ts';
import { channelPair } from '../../fixtures/channel.ts';
import { testDatabase } from '../../fixtures/database.ts';
import { deadLife, mortal, TestJournal, usageRow, usageRows } from '../../fixtures/journal.ts';
import { until } from '../../fixtures/pool.ts';
import { counted, journalFolder, testShipper } from '../../fixtures/shipper.ts';

t.test('of several lives, at the start', async (t) => {
  const database = await testDatabase(t);
  const root = journalFolder(t);
  const journals = Array.from({ length: 5 }, () => new TestJournal(root, deadLife()));
  for (const journal of journals) journal.finals(usageRows(1_000));
  const bytes = journals.reduce((sum, journal) => sum + journal.bytes, 0);
  const { shipper, writer, stop } = testShipper(t, database, root);
  await database.server.stop();
  await shipper.start();
  t.ok(Math.abs(shipper.bytes - bytes) < bytes / 100, 'it knows how much there is before it is read');
  await database.server.start();
  await until(() => journals.every(({ files }) => files === undefined));
  t.same(await counted(database), { rows: 5_000, ids: 5_000 });
  t.match(writer.stats, { written: 5_000, duplicates: 0 });
  await stop();
  t.match([shipper.bytes, shipper.rows], [0, 0]);
});

t.test('open exchanges are settled with their last counts', async (t) => {
  const database = await testDatabase(t);
  const root = journalFolder(t);
  const journal = new TestJournal(root, deadLife());
  const requestId = uuidv7(Date.now());
  const crashed = (output: number) =>
    usageRow({
      requestId,
      outcome: 'crashed',
      tokens: { input: 10, output, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
    });
  journal.open(crashed(0));
  journal.finals(usageRows(500));
  journal.open(crashed(70));
  journal.rotate();
  journal.open(crashed(140), usageRow({ outcome: 'completed' }));
  const ended = uuidv7(Date.now());
  journal.open(usageRow({ requestId: ended, outcome: 'crashed' }));
  journal.final(usageRow({ requestId: ended }));
  const { shipper, stop } = testShipper(t, database, root);
  await shipper.start();
  await stop();
  t.same(await counted(database), { rows: 503, ids: 503 });
  t.match(
    await database.query('SELECT outcome, token_count::int FROM usage_logs WHERE request_id = $1', [
      requestId,
    ]),
    [{ outcome: 'crashed', token_count: 150 }],
  );
  t.match(await database.query('SELECT outcome FROM usage_logs WHERE request_id = $1', [ended]), [
    { outcome: 'completed' },
  ]);
  t.equal(shipper.stats.crashed, 2);
  t.equal(journal.files, undefined);
});

t.test('the last row of an open exchange is in another journal of the same process', async (t) => {
  const database = await testDatabase(t);
  const root = journalFolder(t);
  const worker = await mortal(t);
  const [one, two] = [new TestJournal(root, worker.life()), new TestJournal(root, worker.life())];
  const ids = Array.from({ length: 20 }, () => uuidv7(Date.now()));
  one.open(...ids.map((requestId) => usageRow({ requestId, outcome: 'crashed' })));
  two.finals(usageRows(2_000));
  two.final(...ids.map((requestId) => usageRow({ requestId })));
  await worker.kill();
  const { shipper, stop } = testShipper(t, database, root);
  await shipper.start();
  await stop();
  t.same(await database.query(`SELECT count(*)::int AS crashed FROM usage_logs WHERE outcome = 'crashed'`), [
    { crashed: 0 },
  ]);
  t.same(await counted(database), { rows: 2_020, ids: 2_020 });
});

t.test('a journal that was shipped already, again', async (t) => {
  const database = await testDatabase(t);
  const root = journalFolder(t);
  const journal = new TestJournal(root, deadLife());
  journal.finals(usageRows(700));
  journal.open(usageRow({ outcome: 'crashed' }));
  const copy = join(root, deadLife());
  cpSync(journal.folder, copy, { recursive: true });
  const { shipper, writer, stop } = testShipper(t, database, root);
  await shipper.start();
  await stop();
  t.same(await counted(database), { rows: 701, ids: 701 });
  t.match(writer.stats, { written: 701, duplicates: 701, setAside: 0 });
});

t.test('of a worker that still lives', async (t) => {
  const database = await testDatabase(t);
  const root = journalFolder(t);
  const worker = await mortal(t);
  const journal = new TestJournal(root, worker.life());
  journal.final(...usageRows(10));
  journal.open(usageRow({ outcome: 'crashed' }));
  const { shipper } = testShipper(t, database, root);
  await shipper.start();
  await until(async () => (await counted(database)).rows === 10);
  journal.final(...usageRows(5));
  await until(async () => (await counted(database)).rows === 15);
  t.equal(shipper.stats.crashed, 0, 'it may still come to its end');
  await worker.kill();
  await until(() => journal.files === undefined);
  t.same(await counted(database), { rows: 16, ids: 16 });
  t.equal(shipper.stats.crashed, 1);
});

t.test('of a worker that dies', async (t) => {
  const database = await testDatabase(t);
  const root = journalFolder(t);
  const process = await mortal(t);
  const { worker, primary, cut } = channelPair();
  const { shipper } = testShipper(t, database, root);
  await shipper.start();
  shipper.attach(primary);
  const told = new TestJournal(root, process.life());
  told.final(...usageRows(10));
  told.open(usageRow({ outcome: 'crashed' }));
  worker.send('journal', told.notice);
  await until(async () => (await counted(database)).rows === 10);
  told.final(...usageRows(5));
  const untold = new TestJournal(root, process.life());
  untold.final(...usageRows(3));
  await process.kill();
  cut();
  await until(() => told.files === undefined && untold.files === undefined);
  t.same(await counted(database), { rows: 19, ids: 19 });
  t.equal(shipper.stats.crashed, 1);
  t.match([shipper.rows, shipper.bytes], [0, 0]);
});

t.test('of a worker whose end is known before that of its channel', async (t) => {
  const database = await testDatabase(t);
  const root = journalFolder(t);
  const process = await mortal(t);
  const { worker, primary } = channelPair();
  const { shipper, stop } = testShipper(t, database, root);
  await shipper.start();
  shipper.attach(primary);
  const journal = new TestJournal(root, process.life());
  journal.final(...usageRows(10));
  worker.send('journal', journal.notice);
  await until(async () => (await counted(database)).rows === 10);
  journal.final(...usageRows(5));
  await process.kill();
  await stop();
  t.same(await counted(database), { rows: 15, ids: 15 });
  t.equal(journal.files, undefined);
});

t.test('from which somebody has deleted a file', async (t) => {
  const database = await testDatabase(t);
  const root = journalFolder(t);
  const journal = new TestJournal(root, newLife());
  const { shipper } = testShipper(t, database, root);
  journal.final(...usageRows(10));
  await shipper.start();
  await until(async () => (await counted(database)).rows === 10);
  for (let i = 0; i < 3; i++) {
    journal.rotate();
    journal.final(...usageRows(10));
    if (i === 1) rmSync(join(journal.folder, '00000003.journal'));
  }
  await until(async () => (await counted(database)).rows >= 30);
  await until(() => journal.files?.length === 1);
  t.same(journal.files, ['00000004.journal']);
});

t.test('a stop does not wait for the living', async (t) => {
  const database = await testDatabase(t);
  const root = journalFolder(t);
  const journal = new TestJournal(root, newLife());
  journal.final(...usageRows(10));
  journal.open(usageRow());
  const { shipper, stop } = testShipper(t, database, root);
  await shipper.start();
  await stop();
  t.same(await counted(database), { rows: 10, ids: 10 });
  t.same(journal.files, ['00000001.journal']);
});

t.test('a stop leaves on disk what the database does not take', async (t) => {
  const database = await testDatabase(t);
  const root = journalFolder(t);
  const journal = new TestJournal(root, deadLife());
  journal.finals(usageRows(700));
  await database.server.stop();
  const first = testShipper(t, database, root);
  await first.shipper.start();
  await until(() => first.writer.stats.failures > 0);
  await first.stop(1);
  t.same(first.aside, []);
  await database.server.start();
  const second = testShipper(t, database, root);
  await second.shipper.start();
  await second.stop();
  t.same(await counted(database), { rows: 700, ids: 700 });
  t.equal(journal.files, undefined);
});

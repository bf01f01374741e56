// The database goes away while rows come in, in each way that it can, and comes back: every row is there once, and the
// chain of batches is whole.
import t from 'tap';
import { newLife } from '../../../src/core/ledger/journal/life.ts';
import { channelPair } from '../../fixtures/channel.ts';
import { type TestDatabase, testDatabase } from '../../fixtures/database.ts';
import { TestJournal, usageRows } from '../../fixtures/journal.ts';
import { until } from '../../fixtures/pool.ts';
import { chainFaults, counted, journalFolder, testShipper } from '../../fixtures/shipper.ts';

const ROWS = 1_000;

/** @param mode of all transactions from now on */
async function setReadOnly({ query }: TestDatabase, mode: 'on' | 'off'): Promise<void> {
  await query('SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE');
  await query(`DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = ${mode}', current_database());
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'test' AND pid <> pg_backend_pid();
  END $$`);
}

const OUTAGES: Record<string, [begin: (db: TestDatabase) => unknown, end: (db: TestDatabase) => unknown]> = {
  stopped: [({ server }) => server.stop(), ({ server }) => server.start()],
  killed: [({ server }) => server.kill(), ({ server }) => server.start()],
  frozen: [({ server }) => server.freeze(), ({ server }) => server.thaw()],
  'read-only': [(database) => setReadOnly(database, 'on'), (database) => setReadOnly(database, 'off')],
};

for (const [outage, [begin, end]] of Object.entries(OUTAGES)) {
  t.test(outage, async (t) => {
    const database = await testDatabase(t);
    const root = journalFolder(t);
    const journal = new TestJournal(root, newLife());
    const { shipper, writer, aside, stop } = testShipper(t, database, root, { USAGE_BATCH_ROWS_MAX: 100 });
    const { worker, primary } = channelPair();
    await shipper.start();
    shipper.attach(primary);
    const write = () => {
      journal.finals(usageRows(ROWS));
      worker.send('journal', journal.notice);
    };
    write();
    await until(() => writer.stats.written >= 100);
    await begin(database);
    write();
    await until(() => writer.stats.failures > 0);
    write();
    await until(() => shipper.rows >= ROWS);
    await end(database);
    write();
    await until(() => writer.stats.written + writer.stats.duplicates >= 4 * ROWS);
    await stop();
    t.same(await counted(database), { rows: 4 * ROWS, ids: 4 * ROWS });
    t.match([shipper.rows, shipper.bytes], [0, 0]);
    t.same(await chainFaults(database), []);
    t.same(aside, []);
  });
}

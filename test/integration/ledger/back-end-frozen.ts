// One back end stops in the middle of an INSERT, or its answer is lost after the COMMIT: the rows are sent again on
// another connection, and are there once.
import type pg from 'pg';
import t from 'tap';
import { BatchWriter } from '../../../src/primary/ledger/writer.ts';
import { silent, testDatabase } from '../../fixtures/database.ts';
import { usageRow, usageRows } from '../../fixtures/journal.ts';
import { testPool, until } from '../../fixtures/pool.ts';
import { batchWriter, chainFaults, counted, NODE } from '../../fixtures/shipper.ts';

const SLOW_USER = 99;
const LOCK = 4_711;

t.test('frozen in the middle of an INSERT', async (t) => {
  const database = await testDatabase(t);
  await database.query(`
    CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_advisory_xact_lock_shared(${LOCK}); RETURN NEW; END $$;
    CREATE TRIGGER hold BEFORE INSERT ON usage_logs FOR EACH ROW
      WHEN (NEW.user_id = ${SLOW_USER}) EXECUTE FUNCTION hold();`);
  // Within a session of its own: DO holds it until the test lets go of it.
  const holding = database.query(`DO $$ BEGIN
    PERFORM pg_advisory_lock(${LOCK});
    WHILE NOT EXISTS (SELECT FROM pg_class WHERE relname = 'let_go') LOOP PERFORM pg_sleep(0.01); END LOOP;
    PERFORM pg_advisory_unlock(${LOCK});
  END $$`);
  const { writer, aside } = batchWriter(t, database);
  const rows = [...usageRows(200), usageRow({ userId: SLOW_USER }), ...usageRows(200)];
  const written = writer.write(rows);
  let pid = 0;
  await until(async () => {
    const waiting = await database.query<{ pid: number }>(
      `SELECT pid FROM pg_stat_activity JOIN pg_locks USING (pid)
       WHERE application_name = 'test' AND NOT granted AND locktype = 'advisory' AND datname = current_database()`,
    );
    pid = waiting[0]?.pid ?? 0;
    return pid > 0;
  });
  process.kill(pid, 'SIGSTOP');
  try {
    await database.query('CREATE TABLE let_go ()');
    await holding;
    await until(() => writer.stats.failures >= 2);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
  t.same(await written, []);
  await writer.write(usageRows(50));
  t.same(await counted(database), { rows: 451, ids: 451 });
  t.same(await chainFaults(database), []);
  t.same(aside, []);
});

t.test('answers that are lost', async (t) => {
  const database = await testDatabase(t);
  const { pool } = testPool(t, database);
  let calls = 0;
  const lossy = {
    async query(config: pg.QueryConfig) {
      const result = await pool.query(config);
      if (++calls % 2 === 1) throw new Error('Connection terminated unexpectedly');
      return result;
    },
  } as unknown as Pick<pg.Pool, 'query'>;
  const head = { grow: () => {} };
  const setAside = async () => {
    t.fail('nothing to set aside');
  };
  const writer = new BatchWriter({ database: lossy, node: NODE, head, setAside, log: silent });
  for (let i = 0; i < 5; i++) t.same(await writer.write(usageRows(100)), []);
  t.same(await counted(database), { rows: 500, ids: 500 });
  t.same(await chainFaults(database), []);
  t.match(writer.stats, { written: 0, duplicates: 500, failures: 5 });
});

// What has piled up on disk during an outage goes in by full batches, from all journals in turn.
import t from 'tap';
import { testDatabase } from '../../fixtures/database.ts';
import { deadLife, TestJournal, usageRow } from '../../fixtures/journal.ts';
import { until } from '../../fixtures/pool.ts';
import { chainFaults, counted, journalFolder, testShipper } from '../../fixtures/shipper.ts';

const ROWS = 100_000;
const JOURNALS = 4;
const BATCH_ROWS = 500;

t.test(`${ROWS} rows`, async (t) => {
  const database = await testDatabase(t);
  const root = journalFolder(t);
  const journals = Array.from({ length: JOURNALS }, () => new TestJournal(root, deadLife()));
  for (const [user, journal] of journals.entries()) {
    for (let i = 0; i < ROWS / JOURNALS; i += 50) {
      journal.final(...Array.from({ length: 50 }, () => usageRow({ userId: user })));
    }
  }
  await database.server.stop();
  const { shipper, writer, queries } = testShipper(t, database, root, { USAGE_BATCH_ROWS_MAX: BATCH_ROWS });
  await shipper.start();
  await until(() => writer.stats.failures > 0);
  await database.server.start();
  const startedAt = performance.now();
  const cpu = process.cpuUsage();
  await until(() => writer.stats.written === ROWS);
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - startedAt) / 1_000;
  t.comment(
    `${seconds.toFixed(2)} s after the database was back; ${((user + system) / ROWS).toFixed(1)} µs of CPU a row`,
  );
  t.same(await counted(database), { rows: ROWS, ids: ROWS });
  t.equal(queries.length - writer.stats.failures, ROWS / BATCH_ROWS);
  t.same(await chainFaults(database), []);
  t.match(
    await database.query(
      `SELECT count(DISTINCT user_id)::int AS journals FROM usage_logs
       WHERE batch_id = (SELECT batch_id FROM usage_batches WHERE seq = 10)`,
    ),
    [{ journals: JOURNALS }],
    'none of the journals has to wait for the others',
  );
  await until(() => journals.every(({ files }) => files === undefined));
});

// What a database can have against rows that are in order: a sequence that is behind, a rule that refuses them all, a
// server that is slow. None of it costs a row. And a rule that refuses some of them costs those only.
import t from 'tap';
import { testDatabase } from '../../fixtures/database.ts';
import { deadLife, TestJournal, usageRow, usageRows } from '../../fixtures/journal.ts';
import { until } from '../../fixtures/pool.ts';
import { batchWriter, chainFaults, counted, journalFolder, testShipper } from '../../fixtures/shipper.ts';

t.test('a sequence that is behind, as after a restore', async (t) => {
  const database = await testDatabase(t);
  const { writer, aside } = batchWriter(t, database);
  await writer.write(usageRows(2_000));
  for (let i = 0; i < 20; i++) await writer.write(usageRows(1));
  // Logical replicas have the rows, and not the sequences.
  await database.query(`SELECT setval(pg_get_serial_sequence('usage_logs', 'usage_id'), 1),
    setval(pg_get_serial_sequence('usage_batches', 'batch_id'), 1)`);
  t.same(await writer.write(usageRows(10)), []);
  t.same(aside, []);
  t.same(await counted(database), { rows: 2_030, ids: 2_030 });
  t.ok(writer.stats.failures <= 4, `${writer.stats.failures} failures`);
  t.same(await chainFaults(database), []);
});

t.test('a batch that takes longer than DATABASE_QUERY_TIMEOUT_MS is made smaller', async (t) => {
  const database = await testDatabase(t);
  // 500 rows, the default, take 2 s, and the tests give a query 1 s.
  await database.query(`CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_sleep(0.004); RETURN NEW; END $$;
    CREATE TRIGGER slow BEFORE INSERT ON usage_logs FOR EACH ROW EXECUTE FUNCTION slow()`);
  const root = journalFolder(t);
  new TestJournal(root, deadLife()).finals(usageRows(600));
  const { shipper, stop } = testShipper(t, database, root, { USAGE_BATCH_ROWS_MAX: 500 });
  await shipper.start();
  await stop();
  t.same(await counted(database), { rows: 600, ids: 600 });
});

t.test('rows that a trigger refuses do not hold up the others', async (t) => {
  const database = await testDatabase(t);
  await database.query(`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN IF NEW.user_id = 666 THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END $$;
    CREATE TRIGGER refuse BEFORE INSERT ON usage_logs FOR EACH ROW EXECUTE FUNCTION refuse()`);
  const { writer, aside } = batchWriter(t, database);
  const poison = usageRow({ userId: 666 });
  t.same(await writer.write([...usageRows(20), poison, ...usageRows(20)]), []);
  t.same(aside, [[[poison], 'P0001: no']]);
  t.same(await counted(database), { rows: 40, ids: 40 });
});

t.test('a unique index of the operator’s', async (t) => {
  const database = await testDatabase(t);
  await database.query('CREATE UNIQUE INDEX ON usage_logs (client_request_id)');
  const { writer, aside } = batchWriter(t, database);
  const rows = usageRows(2, { clientRequestId: 'the same' });
  t.same(await writer.write([rows[0]!]), []);
  t.same(await writer.write([rows[1]!, ...usageRows(5)]), []);
  t.match(aside, [[[rows[1]], /^23505: .*client_request_id/]]);
});

t.test('many rows that are refused take few statements', async (t) => {
  const database = await testDatabase(t);
  await database.query('ALTER TABLE usage_logs ADD CHECK (user_id <> 666)');
  const { writer, aside, queries } = batchWriter(t, database);
  const rows = Array.from({ length: 500 }, (_, i) => usageRow({ userId: i % 24 === 0 ? 666 : i }));
  t.same(await writer.write(rows), []);
  t.same(
    aside.map(([rows]) => rows.length),
    [21],
  );
  t.equal(queries.length, 3);
  t.same(await counted(database), { rows: 479, ids: 479 });
  t.same(await chainFaults(database), []);
});

t.test('a CHECK that refuses all rows is waited out', async (t) => {
  const database = await testDatabase(t);
  await database.query('ALTER TABLE usage_logs ADD CONSTRAINT mistake CHECK (token_count < 0) NOT VALID');
  const root = journalFolder(t);
  const journal = new TestJournal(root, deadLife());
  journal.finals(usageRows(1_200));
  const { shipper, writer, aside, stop } = testShipper(t, database, root, { USAGE_BATCH_ROWS_MAX: 500 });
  await shipper.start();
  await until(() => writer.stats.failures >= 3);
  t.same(aside, []);
  await database.query('ALTER TABLE usage_logs DROP CONSTRAINT mistake');
  await until(() => shipper.rows === 0 && journal.files === undefined);
  await stop();
  t.same(await counted(database), { rows: 1_200, ids: 1_200 });
  t.same(aside, []);
});

t.test('a row that is refused alone waits for others', async (t) => {
  const database = await testDatabase(t);
  const root = journalFolder(t);
  const first = new TestJournal(root, deadLife());
  const poison = usageRow({ subId: 2 ** 40 });
  first.final(poison);
  const { shipper, writer, aside, stop } = testShipper(t, database, root);
  await shipper.start();
  await until(() => writer.stats.failures >= 2);
  t.same(aside, []);
  new TestJournal(root, deadLife()).finals(usageRows(3));
  await stop();
  t.match(aside, [[[poison], /^22003: /]]);
  t.same(await counted(database), { rows: 3, ids: 3 });
  t.equal(first.files, undefined);
});

t.test('a row that is refused alone does not hold up the stop', async (t) => {
  const root = journalFolder(t);
  const journal = new TestJournal(root, deadLife());
  journal.final(usageRow({ subId: 2 ** 40 }));
  const { shipper, writer, aside, stop } = testShipper(t, await testDatabase(t), root);
  await shipper.start();
  await until(() => writer.stats.failures >= 1);
  await stop();
  t.same(aside, []);
  t.equal(journal.files?.length, 1, 'and stays for the next start');
});

// A database that acknowledges commits before they are on disk would lose acknowledged rows in a crash. Not ours.
import t from 'tap';
import { testDatabase } from '../../fixtures/database.ts';
import { usageRow } from '../../fixtures/journal.ts';
import { batchWriter } from '../../fixtures/shipper.ts';

for (const [mode, expected] of [
  ['off', 'local'],
  ['on', 'on'],
  ['remote_apply', 'remote_apply'],
] as const) {
  t.test(`synchronous_commit = ${mode}`, async (t) => {
    const database = await testDatabase(t);
    await database.query(`
      CREATE TABLE seen (mode text);
      CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN INSERT INTO seen SELECT current_setting('synchronous_commit'); RETURN NULL; END $$;
      CREATE TRIGGER see AFTER INSERT ON usage_logs EXECUTE FUNCTION see();
      DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = ${mode}', current_database()); END $$;`);
    const { writer } = batchWriter(t, database);
    t.ok(await writer.write([usageRow()]));
    t.same(await database.query('SELECT mode FROM seen'), [{ mode: expected }]);
  });
}

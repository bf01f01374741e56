// What was written to the database leaves the heap, even if that is never marked as a whole.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { testDatabase } from '../../fixtures/database.ts';
import { usageRows } from '../../fixtures/journal.ts';
import { batchWriter, counted } from '../../fixtures/shipper.ts';

const BATCHES = 60;
const ROWS = 500;
/** All texts together have some 10 MB. */
const GROWTH_BYTES_MAX = 4 * 1024 * 1024;

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as (options?: { type: 'minor' }) => void;

t.test('a batch leaves nothing behind', async (t) => {
  const database = await testDatabase(t);
  const { writer } = batchWriter(t, database);
  const write = async () => {
    t.same(await writer.write(usageRows(ROWS)), []);
    gc({ type: 'minor' });
  };
  for (let i = 0; i < 10; i++) await write();
  gc();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < BATCHES; i++) await write();
  const growth = process.memoryUsage().heapUsed - before;
  t.ok(growth < GROWTH_BYTES_MAX, `the heap grew by ${growth} bytes`);
  t.match(await counted(database), { rows: (10 + BATCHES) * ROWS });
});

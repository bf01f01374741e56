// The primary dies with batches under way, some of them committed and not yet acknowledged: the worker writes what
// it does not know to be written, and every row is there once.
import t from 'tap';
import { collectUsage } from '../../../src/core/ledger/collector.ts';
import { IpcLedger } from '../../../src/core/ledger/ipc.ts';
import { channelPair } from '../../fixtures/channel.ts';
import { config, testDatabase } from '../../fixtures/database.ts';
import { until } from '../../fixtures/pool.ts';
import { usageRecord } from '../../fixtures/usage.ts';
import { usageWriter } from '../../fixtures/writer.ts';

const ROWS = 1_000;

t.test('the worker takes over', async (t) => {
  const database = await testDatabase(t);
  const { writer } = usageWriter(t, database);
  const direct = usageWriter(t, database);
  const { worker, primary, cut } = channelPair();
  let commits = 0;
  collectUsage(primary, {
    async write(rows) {
      const written = await writer.write(rows);
      // The third commit is done, and its acknowledgement never leaves.
      if (++commits === 3) cut();
      return written;
    },
  });
  const ledger = new IpcLedger({
    config: { ...config, USAGE_BATCH_ROWS_MAX: 50 },
    channel: worker,
    openWriter: () => direct.writer,
    setAside: async () => t.fail('nothing to set aside') as never,
  });
  for (let i = 0; i < ROWS; i++) ledger.append(usageRecord());
  await until(() => commits >= 3);
  ledger.append(usageRecord());
  await ledger.flush();
  t.ok(direct.writer.stats.duplicates > 0, 'some were written by both');
  const [counts] = await database.query(
    'SELECT count(*)::int AS rows, count(DISTINCT request_id)::int AS ids FROM usage_logs',
  );
  t.same(counts, { rows: ROWS + 1, ids: ROWS + 1 });
});

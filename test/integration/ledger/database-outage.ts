// The database goes away while rows come in, in each way that it can, and comes back: every row is there once.
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { collectUsage } from '../../../src/core/ledger/collector.ts';
import { IpcLedger } from '../../../src/core/ledger/ipc.ts';
import { channelPair } from '../../fixtures/channel.ts';
import { config, testDatabase } from '../../fixtures/database.ts';
import { until } from '../../fixtures/pool.ts';
import { usageRecord } from '../../fixtures/usage.ts';
import { usageWriter } from '../../fixtures/writer.ts';

const ROWS = 5_000;

for (const [outage, begin, end] of [
  ['stopped', 'stop', 'start'],
  ['killed', 'kill', 'start'],
  ['frozen', 'freeze', 'thaw'],
] as const) {
  t.test(outage, async (t) => {
    const database = await testDatabase(t);
    const { writer, aside } = usageWriter(t, database);
    const { worker, primary } = channelPair();
    collectUsage(primary, writer);
    const ledger = new IpcLedger({
      config: { ...config, USAGE_BATCH_ROWS_MAX: 100, USAGE_FLUSH_INTERVAL_MS: 1 },
      channel: worker,
      openWriter: () => t.fail('the primary is there') as never,
      setAside: async () => t.fail('nothing to set aside') as never,
    });
    const ids = new Set<string>();
    for (let i = 0; i < ROWS; i++) {
      const record = usageRecord();
      ids.add(record.requestId);
      ledger.append(record);
      if (i % 50 === 0) await pause(0);
      if (i === ROWS / 5) await until(() => writer.stats.written > 0);
      if (i === ROWS / 5) await database.server[begin]();
      if (i === (ROWS * 4) / 5) {
        await until(() => writer.stats.failures > 0);
        t.ok(ledger.pending > 0);
        await database.server[end]();
      }
    }
    await ledger.flush();
    t.equal(ledger.pending, 0);
    const rows = await database.query<{ request_id: string }>('SELECT request_id FROM usage_logs');
    t.equal(rows.length, ROWS);
    for (const { request_id } of rows) ids.delete(request_id);
    t.same(ids, new Set());
    t.same(aside, []);
  });
}

// The shipper and what its writer gives back, or is in the middle of when the stop comes.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ASIDE_FILE, asideFile } from '../../../../src/core/ledger/aside.ts';
import { requestIdOf } from '../../../../src/core/ledger/row.ts';
import type { UsageRow } from '../../../../src/core/types.ts';
import { Shipper, type ShipperOptions } from '../../../../src/primary/ledger/shipper.ts';
import { BatchWriter } from '../../../../src/primary/ledger/writer.ts';
import { channelPair } from '../../../fixtures/channel.ts';
import { deadLife, mortal, TestJournal, usageRow } from '../../../fixtures/journal.ts';
import { until } from '../../../fixtures/pool.ts';
import { config, silent } from '../../../fixtures/settings.ts';

function testShipper(t: Test, root: string, writer: ShipperOptions['writer']): Shipper {
  mkdirSync(root);
  const shipper = new Shipper({
    root,
    config: { ...config, USAGE_FLUSH_INTERVAL_MS: 1 },
    writer,
    log: silent,
    onFull() {},
  });
  t.teardown(() => shipper.stop(0));
  return shipper;
}

for (let turns = 1; turns <= 8; turns++) {
  t.test(`a stop ${turns} turns into a look settles what the dead have left`, async (t) => {
    const process = await mortal(t);
    const written: UsageRow[] = [];
    const write = async (rows: readonly UsageRow[]) => {
      written.push(...rows);
      return [];
    };
    const root = join(t.testdir(), 'journal');
    const shipper = testShipper(t, root, { failing: false, stop() {}, write });
    await shipper.start();
    const journal = new TestJournal(root, process.life());
    journal.open(usageRow());
    const { worker, primary } = channelPair();
    shipper.attach(primary);
    worker.send('journal', journal.notice);
    await until(() => shipper.bytes === 0);
    await process.kill();
    worker.send('journal', journal.notice);
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
    await shipper.stop(3_000);
    t.equal(written.length, 1, 'the row of its open exchange');
    t.equal(journal.files, undefined, 'its folder has gone');
  });
}

t.test('a row that can neither be inserted nor set aside stays in the journal', async (t) => {
  const dataDir = t.testdir({ [ASIDE_FILE]: {} });
  const root = join(dataDir, 'journal');
  const poison = usageRow();
  const refused = Object.assign(new Error('out of range'), { code: '22003' });
  const database = {
    async query(query: string | { values: string[] }) {
      if (typeof query === 'string' || query.values[0]!.includes(poison)) throw refused;
      return { rows: [{ inserted: 1, seq: null }] };
    },
  };
  const writer = new BatchWriter({
    database: database as never,
    node: 'n',
    head: { grow() {} },
    // As on a full disk: the file cannot be appended to.
    setAside: asideFile(dataDir, silent),
    log: silent,
  });
  const shipper = testShipper(t, root, writer);
  const journal = new TestJournal(root, deadLife());
  journal.final(poison, usageRow());
  await shipper.start();
  await until(() => writer.stats.written >= 1);
  const other = new TestJournal(root, deadLife());
  other.final(usageRow());
  rmSync(join(dataDir, ASIDE_FILE), { recursive: true });
  t.ok(journal.files, 'the only copy');
  await shipper.stop(3_000);
  t.equal(JSON.parse(readFileSync(join(dataDir, ASIDE_FILE), 'utf8')).row.request_id, requestIdOf(poison));
  t.notOk(existsSync(journal.folder), 'until there is another');
  t.notOk(existsSync(other.folder));
});

// A write that the death of a worker has cut is dropped: nobody was promised anything. Damage elsewhere costs the rows
// that cannot be read, which is told, and the file is kept.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { HEAD_BYTES } from '../../../src/core/ledger/journal/block.ts';
import { newLife } from '../../../src/core/ledger/journal/life.ts';
import { testDatabase } from '../../fixtures/database.ts';
import {
  blockOf,
  deadLife,
  SEGMENT_BYTES,
  TestJournal,
  usageRow,
  usageRows,
} from '../../fixtures/journal.ts';
import { until } from '../../fixtures/pool.ts';
import { counted, journalFolder, testShipper } from '../../fixtures/shipper.ts';

const whole = blockOf('f', [usageRow()]);
const torn = whole.subarray(0, whole.length / 2);

for (const [kind, bytes] of [
  ['in its head', whole.subarray(0, 5)],
  ['in its text', torn],
  [
    'before its last page',
    Buffer.concat([whole.subarray(0, HEAD_BYTES), Buffer.alloc(whole.length - HEAD_BYTES)]),
  ],
] as const) {
  t.test(`the last write is cut ${kind}`, async (t) => {
    const database = await testDatabase(t);
    const root = journalFolder(t);
    const journal = new TestJournal(root, deadLife());
    journal.final(...usageRows(20));
    journal.raw(bytes);
    const { shipper, stop } = testShipper(t, database, root);
    await shipper.start();
    await stop();
    t.same(await counted(database), { rows: 20, ids: 20 });
    t.equal(shipper.stats.damaged, 0);
    t.equal(journal.files, undefined);
  });
}

t.test('the last write is cut by the end of its file', async (t) => {
  const database = await testDatabase(t);
  const root = journalFolder(t);
  const journal = new TestJournal(root, deadLife());
  writeFileSync(join(journal.folder, '00000001.journal'), Buffer.concat([blockOf('f', usageRows(3)), torn]));
  const { shipper, stop } = testShipper(t, database, root);
  await shipper.start();
  await stop();
  t.same(await counted(database), { rows: 3, ids: 3 });
  t.equal(shipper.stats.damaged, 0);
});

t.test('a block in the middle', async (t) => {
  const database = await testDatabase(t);
  const root = journalFolder(t);
  const journal = new TestJournal(root, deadLife());
  journal.final(...usageRows(20));
  const readable = journal.bytes;
  journal.final(...usageRows(20));
  journal.final(...usageRows(20));
  journal.damage(readable + 1_000);
  journal.rotate();
  journal.final(...usageRows(20));
  const { shipper, stop } = testShipper(t, database, root);
  await shipper.start();
  await stop();
  t.same(await counted(database), { rows: 40, ids: 40 });
  t.equal(shipper.stats.damaged, 1);
  t.same(journal.files, ['00000001.journal.damaged']);

  const again = testShipper(t, database, root);
  await again.shipper.start();
  await again.stop();
  t.equal(again.shipper.stats.damaged, 0, 'a file that was kept is not read again');
  t.same(journal.files, ['00000001.journal.damaged']);
});

for (const [kind, bytes] of [
  ['zeros', Buffer.alloc(1_000)],
  ['a length out of all bounds', Buffer.alloc(1_000, 0xff)],
] as const) {
  t.test(`${kind} in the middle of the last segment`, async (t) => {
    const database = await testDatabase(t);
    const root = journalFolder(t);
    const journal = new TestJournal(root, deadLife());
    journal.final(...usageRows(20));
    const readable = journal.bytes;
    journal.final(...usageRows(20));
    journal.final(...usageRows(20));
    journal.damage(readable, bytes);
    const { shipper, stop } = testShipper(t, database, root);
    await shipper.start();
    await stop();
    t.same(await counted(database), { rows: 20, ids: 20 });
    t.equal(shipper.stats.damaged, 1);
    t.same(journal.files, ['00000001.journal.damaged']);
  });
}

t.test('a write of a living worker that is half done', async (t) => {
  const database = await testDatabase(t);
  const root = journalFolder(t);
  const journal = new TestJournal(root, newLife());
  journal.final(...usageRows(20));
  journal.raw(torn);
  const { shipper } = testShipper(t, database, root);
  await shipper.start();
  await until(async () => (await counted(database)).rows === 20);
  journal.raw(whole);
  await until(async () => (await counted(database)).rows === 21);
  t.equal(shipper.stats.damaged, 0);
});

t.test('a block larger than a segment', async (t) => {
  const database = await testDatabase(t);
  const root = journalFolder(t);
  const journal = new TestJournal(root, deadLife());
  const rows = usageRows(2_000);
  t.ok(rows.join().length > 5 * SEGMENT_BYTES);
  journal.final(usageRow());
  journal.final(...rows);
  journal.final(usageRow());
  const { shipper, stop } = testShipper(t, database, root);
  await shipper.start();
  await stop();
  t.same(await counted(database), { rows: 2_002, ids: 2_002 });
  t.equal(shipper.stats.damaged, 0);
});

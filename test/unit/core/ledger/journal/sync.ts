// What a power cut must not take: how long an answer waits for the disk, and what happens when the disk fails.
import t from 'tap';
import { openJournal, readJournal, rowOf, rowsOf } from '../../../../fixtures/journal-writer.ts';
import { poll } from '../../../../fixtures/poll.ts';

/** A sync that takes until it is told. */
function held() {
  const waiting: { pass: () => void; fail: () => void }[] = [];
  return {
    waiting,
    onSync: () =>
      new Promise<void>((resolve, reject) => {
        waiting.push({ pass: resolve, fail: () => reject(new Error('EIO')) });
      }),
  };
}

const settled = async (promise: Promise<void>): Promise<boolean> => {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  return done;
};

t.test('none: nothing is ever synced', async (t) => {
  const { journal, disk } = await openJournal(t.testdir());
  for (let id = 0; journal.epoch < 3; id++) await journal.append(rowOf(id), true);
  await journal.flush();
  await journal.close();
  t.equal(disk.syncs, 0);
});

t.test('interval: nobody waits for the sync, and there is one at a time', async (t) => {
  const { journal, disk } = await openJournal(t.testdir(), { JOURNAL_DURABILITY: 'interval' });
  const { waiting, onSync } = held();
  disk.onSync = onSync;
  await journal.admit(rowOf(1));
  await journal.append(rowOf(1), true);
  await poll('a sync', () => waiting.length > 0 || undefined);
  for (let id = 2; id < 20; id++) await journal.append(rowOf(id), true);
  t.equal(waiting.length, 1);
  const flushed = journal.flush();
  t.equal(await settled(flushed), false, 'but a flush does');
  disk.onSync = undefined;
  waiting[0]!.pass();
  await flushed;
  await journal.close();
});

t.test('interval: nothing is synced while nothing is written', async (t) => {
  const { journal, disk } = await openJournal(t.testdir(), { JOURNAL_DURABILITY: 'interval' });
  await journal.append(rowOf(1), true);
  await journal.flush();
  const { syncs } = disk;
  t.ok(syncs > 0);
  await journal.flush();
  await journal.close();
  t.equal(disk.syncs, syncs);
});

t.test('group: an end waits for a sync that began after its write, an admission does not', async (t) => {
  const { journal, disk } = await openJournal(t.testdir(), { JOURNAL_DURABILITY: 'group' });
  await journal.admit(rowOf(0));
  await journal.flush();
  const { waiting, onSync } = held();
  disk.onSync = onSync;
  const admission = journal.admit(rowOf(1));
  const first = journal.append(rowOf(0), true);
  await admission;
  t.equal(await settled(first), false);
  t.equal(waiting.length, 1);
  const second = journal.append(rowOf(1), true);
  t.equal(await settled(second), false);
  t.equal(waiting.length, 1, 'one at a time');
  waiting[0]!.pass();
  await first;
  t.equal(await settled(second), false, 'that sync began before its write');
  await poll('the next sync', () => waiting[1]);
  waiting[1]!.pass();
  await second;
  t.equal(waiting.length, 2);
  await journal.close();
});

t.test(
  'a failed sync: what it was for is written again into a new file, and never synced in the old one',
  async (t) => {
    const { journal, disk } = await openJournal(t.testdir(), { JOURNAL_DURABILITY: 'group' });
    await journal.append(rowOf('synced'), true);
    const { epoch } = journal;
    const { waiting, onSync } = held();
    const files: number[] = [];
    disk.onSync = (fd) => {
      files.push(fd);
      return onSync();
    };
    const first = journal.append(rowOf('first'), true);
    await poll('a sync', () => waiting[0]);
    const second = journal.append(rowOf('second'), true);
    await settled(second);
    waiting[0]!.fail();
    await poll('another sync', () => waiting[1]);
    t.equal(journal.epoch, epoch + 1);
    t.equal(journal.open, false);
    t.equal(await settled(first), false);
    t.same(
      readJournal(journal.folder).records.map(({ row, segment }) => [row, segment]),
      [
        [rowOf('synced'), epoch],
        [rowOf('first'), epoch],
        [rowOf('second'), epoch],
        [rowOf('first'), epoch + 1],
        [rowOf('second'), epoch + 1],
      ],
    );
    disk.onSync = undefined;
    waiting[1]!.pass();
    await Promise.all([first, second]);
    t.notOk(files.slice(1).includes(files[0]!));
    t.equal(journal.open, true);
    t.match(journal.stats, { syncFailures: 1, finals: 3 });
    await journal.close();
  },
);

t.test('the last sync of a sealed segment may fail as well', async (t) => {
  const { journal, disk } = await openJournal(t.testdir(), {
    JOURNAL_DURABILITY: 'interval',
    JOURNAL_SYNC_INTERVAL_MS: 60_000,
  });
  const rows: string[] = [];
  for (let id = 0; journal.epoch < 3; id++) {
    rows.push(rowOf(id));
    await journal.append(rowOf(id), true);
  }
  let times = 0;
  disk.onSync = () => (++times === 1 ? Promise.reject(new Error('EIO')) : Promise.resolve());
  await journal.flush();
  const again = readJournal(journal.folder).records.filter(({ segment }) => segment > 3);
  t.same(
    again.map(({ row }) => row),
    rows,
  );
  t.equal(journal.stats.syncFailures, 1);
  await journal.close();
});

t.test('while syncs fail nothing new is taken on, and tries are apart', async (t) => {
  const { journal, disk } = await openJournal(t.testdir(), { JOURNAL_DURABILITY: 'group' });
  disk.onSync = () => Promise.reject(new Error('EIO'));
  const end = journal.append(rowOf(1), true);
  await poll('failures', () => journal.stats.syncFailures > 3 || undefined);
  t.equal(journal.open, false);
  await t.rejects(journal.admit(rowOf(2)), { code: 'ledger_full' });
  disk.onSync = undefined;
  await end;
  t.equal(rowsOf(journal.folder).at(-1), rowOf(1));
  t.equal(journal.open, true);
  await journal.close();
});

t.test('interval: much that is not synced waits for no timer', async (t) => {
  const { journal, disk } = await openJournal(t.testdir(), {
    JOURNAL_DURABILITY: 'interval',
    JOURNAL_SYNC_INTERVAL_MS: 60_000,
    JOURNAL_SEGMENT_BYTES: 8_388_608,
    JOURNAL_BYTES_MAX: 1_073_741_824,
  });
  const before = disk.syncs;
  for (let id = 0; id < 700 && disk.syncs === before; id++) await journal.append(rowOf(id, 100_000), true);
  t.ok(disk.syncs > before);
  t.equal(journal.open, true);
  await journal.close();
});

t.test('what is written again is written a part at a time, and what comes meanwhile behind it', async (t) => {
  const { journal, disk } = await openJournal(t.testdir(), {
    JOURNAL_DURABILITY: 'interval',
    JOURNAL_SYNC_INTERVAL_MS: 60_000,
    JOURNAL_SEGMENT_BYTES: 1_048_576,
    JOURNAL_BYTES_MAX: 1_073_741_824,
  });
  const rows = Array.from({ length: 80 }, (_, id) => rowOf(id, 100_000));
  for (const row of rows) await journal.append(row, false);
  const { epoch } = journal;
  let times = 0;
  disk.onSync = () => (++times === 1 ? Promise.reject(new Error('EIO')) : Promise.resolve());
  const flushed = journal.flush();
  let turns = 0;
  while (journal.epoch === epoch) await new Promise(setImmediate);
  while (!journal.open) {
    const row = rowOf(`meanwhile-${turns++}`);
    rows.push(row);
    await journal.append(row, true);
  }
  await flushed;
  t.ok(turns > 2, `${turns} other turns of the event loop`);
  t.same(
    readJournal(journal.folder)
      .records.filter(({ segment }) => segment > epoch)
      .map(({ row }) => row),
    rows,
  );
  await journal.close();
});

// A disk that takes no writes: new exchanges are refused, those under way end as usual and are written down when there
// is room again.
import t from 'tap';
import {
  FaultyDisk,
  noSpace,
  openJournal,
  readJournal,
  rowOf,
  rowsOf,
} from '../../../../fixtures/journal-writer.ts';
import { poll } from '../../../../fixtures/poll.ts';

const fail = (): number => {
  throw noSpace();
};

t.test('refuses what is new, keeps what was admitted, and writes it later', async (t) => {
  const { journal, disk } = await openJournal(t.testdir());
  await journal.admit(rowOf('before'));
  disk.onWrite = fail;
  const admission = journal.admit(rowOf('refused'));
  const end = journal.append(rowOf('before'), true);
  await t.rejects(admission, { code: 'ledger_full' });
  await end;
  t.equal(journal.open, false);
  await t.rejects(journal.admit(rowOf('refused too')), { code: 'ledger_full' });
  await journal.append(rowOf('another'), true);
  t.same(rowsOf(journal.folder), [rowOf('before')]);
  disk.onWrite = undefined;
  await journal.flush();
  t.equal(journal.open, true);
  t.same(rowsOf(journal.folder, 'f'), [rowOf('before'), rowOf('another')]);
  t.notOk(
    rowsOf(journal.folder).some((row) => row.startsWith('refused')),
    'what was refused is never written',
  );
  t.match(journal.stats, { admitted: 1, finals: 2, unjournaled: 0 });
  await journal.close();
});

t.test('tries again by itself', async (t) => {
  const { journal, disk } = await openJournal(t.testdir());
  disk.onWrite = fail;
  await journal.append(rowOf(1), true);
  const { writes } = disk;
  await poll('another try', () => disk.writes > writes + 2 || undefined);
  disk.onWrite = undefined;
  await poll('success', () => journal.open || undefined);
  t.same(rowsOf(journal.folder), [rowOf(1)]);
  await journal.close();
});

t.test('a refused exchange alone does not keep it shut', async (t) => {
  const { journal, disk } = await openJournal(t.testdir());
  disk.onWrite = fail;
  await t.rejects(journal.admit(rowOf(1)), { code: 'ledger_full' });
  disk.onWrite = undefined;
  await poll('another try', () => journal.open || undefined);
  await journal.admit(rowOf(2));
  t.same(rowsOf(journal.folder), [rowOf(2)]);
  await journal.close();
});

t.test('nothing of a short write is left behind the block that takes its place', async (t) => {
  const { journal, disk } = await openJournal(t.testdir());
  await journal.admit(rowOf(1));
  let times = 0;
  // The second one is in the reserve.
  disk.onWrite = (bytes) => (++times <= 2 ? Math.floor(bytes / 2) : bytes);
  const admission = journal.admit(rowOf('refused', 1_000));
  const end = journal.append(rowOf(2), true);
  await t.rejects(admission, { code: 'ledger_full' });
  await end;
  await journal.flush();
  const { records, ends } = readJournal(journal.folder);
  t.same(
    records.map(({ row }) => row),
    [rowOf(1), rowOf(2)],
  );
  t.same(new Set(ends), new Set(['end']));
  await journal.close();
});

t.test('a torn block that cannot be erased is cut off, or the next file begins', async (t) => {
  const { journal, disk } = await openJournal(t.testdir());
  await journal.admit(rowOf(1));
  let times = 0;
  disk.onWrite = (bytes) => (++times === 1 ? Math.floor(bytes / 2) : fail());
  disk.onErase = fail;
  await journal.append(rowOf(2), true);
  t.same(new Set(readJournal(journal.folder).ends), new Set(['end']), 'a reader finds nothing of it');
  disk.onWrite = undefined;
  await journal.flush();
  times = 0;
  disk.onTruncate = () => void fail();
  disk.onWrite = (bytes) => (++times === 1 ? Math.floor(bytes / 2) : bytes);
  await journal.append(rowOf(3), true);
  disk.onWrite = undefined;
  await journal.append(rowOf(4), true);
  await journal.flush();
  t.same(
    rowsOf(journal.folder),
    [1, 2, 3, 4].map((id) => rowOf(id)),
  );
  await journal.close();
});

t.test('a file that takes no writes is left for the reserve, once', async (t) => {
  const { journal, disk } = await openJournal(t.testdir());
  await journal.admit(rowOf(1));
  let times = 0;
  disk.onWrite = (bytes) => (++times === 1 ? fail() : bytes);
  await journal.admit(rowOf(2));
  t.same(
    readJournal(journal.folder).records.map(({ row, segment }) => [row, segment]),
    [
      [rowOf(1), 1],
      [rowOf(2), 2],
    ],
  );
  await journal.append(rowOf(2), true);
  disk.onWrite = fail;
  await journal.append(rowOf(1), true);
  const { writes } = disk;
  await poll('more tries', () => disk.writes > writes + 5 || undefined);
  t.equal(journal.epoch, 3, 'no row of empty files');
  await journal.close();
});

t.test(
  'to serve: what was admitted is kept, of the rest the newest, and what is lost is counted',
  async (t) => {
    const { journal, disk } = await openJournal(t.testdir(), { JOURNAL_FULL: 'serve' }, { keptRowsMax: 50 });
    await Promise.all([journal.admit(rowOf('admitted')), journal.admit(rowOf('open'))]);
    disk.onWrite = fail;
    await journal.append(rowOf('admitted'), true);
    const rows = Array.from({ length: 200 }, (_, id) => rowOf(id));
    for (const row of rows) {
      await journal.admit(row);
      await journal.append(row, false);
      await journal.append(row, true);
    }
    for (let i = 0; i < 60; i++) await journal.append(rowOf('open', i), false);
    disk.onWrite = undefined;
    await journal.flush();
    t.same(rowsOf(journal.folder, 'f'), [rowOf('admitted'), ...rows.slice(150)]);
    t.same(rowsOf(journal.folder, 'o').slice(2), [rowOf('open', 59)], 'the last row of each');
    t.match(journal.stats, { unjournaled: 150, finals: 51 });
    await journal.close();
  },
);

t.test('what waits in memory is written a part at a time', async (t) => {
  const { journal, disk } = await openJournal(t.testdir(), { JOURNAL_BYTES_MAX: 1_073_741_824 });
  disk.onWrite = fail;
  const rows = Array.from({ length: 60 }, (_, id) => rowOf(id, 100_000));
  for (const row of rows) await journal.append(row, true);
  disk.onWrite = undefined;
  let turns = 0;
  const counter = setInterval(() => turns++, 0);
  await journal.flush();
  clearInterval(counter);
  t.ok(turns > 1, `${turns} other turns of the event loop`);
  t.same(rowsOf(journal.folder), rows);
  t.equal(journal.open, true);
  await journal.close();
});

t.test('a file that was begun without room is left for the reserve when that has some', async (t) => {
  const created = new Set<number>();
  class Full extends FaultyDisk {
    full = false;
    override create(path: string): number {
      const fd = super.create(path);
      created.add(fd);
      return fd;
    }
    override write(fd: number, bytes: Buffer, position: number): number {
      return this.full && created.has(fd) ? fail() : super.write(fd, bytes, position);
    }
  }
  const disk = new Full();
  const { journal } = await openJournal(t.testdir(), {}, { disk });
  disk.onAllocate = () => Promise.reject(noSpace());
  disk.full = true;
  const rows = Array.from({ length: 100 }, (_, id) => rowOf(id));
  for (const row of rows) await journal.append(row, true);
  t.equal(journal.open, false);
  disk.onAllocate = undefined;
  await poll('room', () => journal.open || undefined);
  t.same(rowsOf(journal.folder), rows);
  await journal.close();
});

t.test('what could not be written before the end is counted', async (t) => {
  const { journal, disk } = await openJournal(t.testdir());
  disk.onWrite = fail;
  await Promise.all([journal.append(rowOf(1), true), journal.append(rowOf(2), false)]);
  const flushed = journal.flush();
  await journal.close();
  await flushed;
  t.equal(journal.stats.unjournaled, 1);
});

t.test('without room for the next file nothing new is taken on, until there is', async (t) => {
  const { journal, disk } = await openJournal(t.testdir());
  disk.onAllocate = () => Promise.reject(noSpace());
  const rows = [];
  for (let id = 0; journal.epoch < 2; id++) {
    rows.push(rowOf(id));
    await journal.append(rowOf(id), true);
  }
  await poll('the end of the room', () => !journal.open || undefined);
  await t.rejects(journal.admit(rowOf('refused')), { code: 'ledger_full' });
  rows.push(rowOf('last'));
  await journal.append(rowOf('last'), true);
  t.same(rowsOf(journal.folder), rows, 'exchanges under way end as usual');
  disk.onAllocate = undefined;
  await poll('room', () => journal.open || undefined);
  await journal.close();
});

t.test('comes up on a full disk, and opens when there is room', async (t) => {
  const disk = new FaultyDisk();
  disk.onAllocate = () => Promise.reject(noSpace());
  const { journal } = await openJournal(t.testdir(), {}, { disk });
  t.equal(journal.open, false);
  disk.onAllocate = undefined;
  await poll('room', () => journal.open || undefined);
  await journal.admit(rowOf(1));
  t.same(rowsOf(journal.folder), [rowOf(1)]);
  await journal.close();
});

t.test('full by order of the primary', async (t) => {
  const { journal } = await openJournal(t.testdir());
  await journal.admit(rowOf(1));
  journal.setFull(true);
  t.equal(journal.open, false);
  await t.rejects(journal.admit(rowOf(2)), { code: 'ledger_full' });
  await journal.append(rowOf(1), true);
  t.same(rowsOf(journal.folder), [rowOf(1), rowOf(1)]);
  journal.setFull(false);
  await journal.admit(rowOf(2));
  await journal.close();
});

t.test('to serve is to take on what is not written down, and to count it', async (t) => {
  const { journal } = await openJournal(t.testdir(), { JOURNAL_FULL: 'serve' });
  await journal.admit(rowOf('before'));
  journal.setFull(true);
  for (const id of ['lost', 'saved']) await journal.admit(rowOf(id));
  await journal.append(rowOf('lost'), false);
  await journal.append(rowOf('lost'), true);
  await journal.append(rowOf('before'), true);
  t.same(rowsOf(journal.folder), [rowOf('before'), rowOf('before')]);
  t.match(journal.stats, { admitted: 1, finals: 1, unjournaled: 1 });
  journal.setFull(false);
  await journal.append(rowOf('saved'), true);
  t.same(rowsOf(journal.folder, 'f'), [rowOf('before'), rowOf('saved')], 'there is room again when it ends');
  t.match(journal.stats, { unjournaled: 1 });
  await journal.close();
});

t.test('to serve on a disk that takes no writes is to keep in memory what ends', async (t) => {
  const { journal, disk } = await openJournal(t.testdir(), { JOURNAL_FULL: 'serve' });
  disk.onWrite = fail;
  await journal.admit(rowOf(1));
  await journal.admit(rowOf(2));
  await journal.append(rowOf(1), true);
  disk.onWrite = undefined;
  await journal.flush();
  await journal.append(rowOf(2), true);
  t.same(
    readJournal(journal.folder).records.map(({ kind, row }) => kind + row),
    [`f${rowOf(1)}`, `f${rowOf(2)}`],
  );
  t.match(journal.stats, { admitted: 0, finals: 2, unjournaled: 0 });
  await journal.close();
});

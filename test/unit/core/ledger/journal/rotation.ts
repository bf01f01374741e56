// A journal is a row of files of the same size. No block is in two of them, and nothing is lost from one to the next.
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  FaultyDisk,
  openJournal,
  readJournal,
  rowOf,
  rowsOf,
  SEGMENT_BYTES,
} from '../../../../fixtures/journal-writer.ts';
import { poll } from '../../../../fixtures/poll.ts';

t.test('a block that does not fit begins the next file', async (t) => {
  const { journal } = await openJournal(t.testdir());
  const rows = Array.from({ length: 200 }, (_, id) => rowOf(id, 50 + id));
  const epochs = new Set<number>();
  for (const [i, row] of rows.entries()) {
    await journal.append(row, i % 2 === 0);
    epochs.add(journal.epoch);
  }
  const { records, ends, segments } = readJournal(journal.folder);
  t.same(
    records.map(({ row }) => row),
    rows,
  );
  t.ok(segments.length >= 5, `${segments.length} segments`);
  t.same(segments, [...epochs], 'without a gap, and the epoch tells them');
  t.ok(
    ends.every((end) => end === 'end'),
    'every segment ends with its last block',
  );
  const sizes = segments.map(
    (n) => statSync(join(journal.folder, `${String(n).padStart(8, '0')}.journal`)).size,
  );
  t.ok(
    sizes.every((size) => size <= SEGMENT_BYTES),
    'none has grown',
  );
  await journal.close();
});

t.test('a spare always waits, and goes when the journal is closed', async (t) => {
  const { journal } = await openJournal(t.testdir());
  const spare = join(journal.folder, 'spare');
  const waits = () => statSync(spare, { throwIfNoEntry: false })?.size === SEGMENT_BYTES || undefined;
  t.ok(waits());
  for (let id = 0; journal.epoch < 3; id++) {
    await journal.append(rowOf(id), true);
    await poll('a spare', waits);
  }
  t.same(
    readJournal(journal.folder).segments.map(
      (n) => statSync(join(journal.folder, `${String(n).padStart(8, '0')}.journal`)).size,
    ),
    [SEGMENT_BYTES, SEGMENT_BYTES, SEGMENT_BYTES],
  );
  await journal.close();
  t.same(readdirSync(journal.folder).sort(), ['00000001.journal', '00000002.journal', '00000003.journal']);
});

t.test('goes on without the spare while that is being made', async (t) => {
  const { journal, disk } = await openJournal(t.testdir());
  let proceed = () => {};
  disk.onAllocate = () =>
    new Promise((resolve) => {
      proceed = resolve;
    });
  const rows = Array.from({ length: 200 }, (_, id) => rowOf(id));
  for (const row of rows) await journal.append(row, true);
  t.ok(journal.epoch > 3);
  t.ok(journal.open, 'it is late, not refused');
  t.same(rowsOf(journal.folder), rows);
  disk.onAllocate = undefined;
  proceed();
  await journal.close();
  t.notOk(readdirSync(journal.folder).includes('spare'));
});

t.test('a row larger than a segment has one to itself', async (t) => {
  const { journal } = await openJournal(t.testdir());
  const rows = [rowOf(1), rowOf(2, 10 * SEGMENT_BYTES), rowOf(3)];
  for (const row of rows) await journal.append(row, true);
  const { records } = readJournal(journal.folder);
  t.same(
    records.map(({ row, segment }) => [row, segment]),
    rows.map((row, i) => [row, i + 1]),
  );
  await journal.close();
});

t.test('segments that are not shipped have a bound, which ends when they are', async (t) => {
  const { journal } = await openJournal(t.testdir(), { JOURNAL_BYTES_MAX: 2 * SEGMENT_BYTES });
  for (let id = 0; journal.epoch < 3; id++) await journal.append(rowOf(id), true);
  await poll('the bound', () => !journal.open || undefined);
  await t.rejects(journal.admit(rowOf('new')), { code: 'ledger_full' });
  await journal.append(rowOf('last'), true);
  t.ok(rowsOf(journal.folder).includes(rowOf('last')), 'exchanges under way end as usual');
  rmSync(join(journal.folder, '00000001.journal'));
  await poll('room', () => journal.open || undefined);
  await journal.admit(rowOf('new'));
  await journal.close();
});

t.test('whoever opens it waits for the first segment only', async (t) => {
  const disk = new FaultyDisk();
  let proceed: (() => void) | undefined;
  disk.onAllocate = () =>
    disk.allocated === 0
      ? Promise.resolve()
      : new Promise((resolve) => {
          proceed = resolve;
        });
  const opening = openJournal(t.testdir(), {}, { disk, awaitSpare: false });
  const { journal } = await opening;
  await journal.admit(rowOf(1));
  (await poll('the second', () => proceed))();
  t.equal(disk.allocated, 1);
  await journal.close();
});

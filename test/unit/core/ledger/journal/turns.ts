// Everything that happens in one turn of the event loop is written down with one write, and is on disk when its promise
// resolves.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openJournal, readJournal, rowOf, rowsOf } from '../../../../fixtures/journal-writer.ts';
import { poll } from '../../../../fixtures/poll.ts';

t.test('one write a turn', async (t) => {
  const { journal, disk } = await openJournal(t.testdir());
  const admissions = [1, 2, 3].map((id) => journal.admit(rowOf(id)));
  const progress = journal.append(rowOf(4), false);
  const end = journal.append(rowOf(5), true);
  t.equal(disk.writes, 0);
  await Promise.all([...admissions, progress, end]);
  t.equal(disk.writes, 1);
  t.same(
    readJournal(journal.folder).records.map(({ kind, row }) => [kind, row]),
    [
      ['o', rowOf(1)],
      ['o', rowOf(2)],
      ['o', rowOf(3)],
      ['o', rowOf(4)],
      ['f', rowOf(5)],
    ],
  );
  await journal.append(rowOf(1), true);
  t.equal(disk.writes, 2);
  await journal.close();
});

t.test('records of a turn share a promise', async (t) => {
  const { journal } = await openJournal(t.testdir());
  const admission = journal.admit(rowOf(1));
  const end = journal.append(rowOf(2), true);
  t.equal(journal.admit(rowOf(3)), admission);
  t.equal(journal.append(rowOf(4), false), end);
  await journal.flush();
  t.not(journal.admit(rowOf(5)), admission);
  await journal.close();
});

t.test('a turn of more than a block is more than one write', async (t) => {
  const { journal, disk } = await openJournal(t.testdir());
  const rows = Array.from({ length: 100 }, (_, id) => rowOf(id));
  await Promise.all(rows.map((row) => journal.append(row, true)));
  t.same(rowsOf(journal.folder), rows);
  t.ok(disk.writes > 1 && disk.writes < 20, `${disk.writes} writes`);
  await journal.close();
});

t.test('text beyond ASCII', async (t) => {
  const { journal } = await openJournal(t.testdir());
  const row = `1\tπ€😀${'ü'.repeat(500)}`;
  await journal.admit(row);
  t.same(rowsOf(journal.folder), [row]);
  await journal.close();
});

t.test('files are for their owner only', async (t) => {
  const { journal } = await openJournal(t.testdir());
  const mode = (path: string) => statSync(path).mode & 0o777;
  t.equal(mode(journal.folder), 0o700);
  for (const name of ['00000001.journal', 'spare']) t.equal(mode(join(journal.folder, name)), 0o600, name);
  await journal.close();
});

t.test('says how much it has written, after it was written', async (t) => {
  const { journal, notices } = await openJournal(t.testdir());
  await journal.admit(rowOf(1));
  await poll('a notice', () => notices.at(-1));
  t.same(notices, [{ life: journal.life, bytes: journal.stats.bytes, rows: 0 }]);
  await Promise.all([journal.append(rowOf(1), true), journal.append(rowOf(2), true)]);
  await journal.close();
  t.same(notices.at(-1), { life: journal.life, bytes: journal.stats.bytes, rows: 2 });
  t.match(journal.stats, { admitted: 1, finals: 2, unjournaled: 0, syncFailures: 0 });
});

t.test('what comes after the close is lost, and counted', async (t) => {
  const { journal } = await openJournal(t.testdir());
  await journal.close();
  t.equal(journal.open, false);
  await t.rejects(journal.admit(rowOf(1)), { code: 'ledger_full' });
  await journal.append(rowOf(1), true);
  t.equal(journal.stats.unjournaled, 1);
  await journal.flush();
});

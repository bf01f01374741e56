// Somebody deletes the journal under a worker that serves: it is written again, all that the lost file held included.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { FaultyDisk, openJournal, readJournal, rowOf, rowsOf } from '../../../../fixtures/journal-writer.ts';
import { poll } from '../../../../fixtures/poll.ts';

for (const [what, remove] of [
  ['its file', (folder: string) => rmSync(join(folder, '00000001.journal'))],
  ['its folder', (folder: string) => rmSync(folder, { recursive: true })],
  ['DATA_DIR', (folder: string) => rmSync(join(folder, '../..'), { recursive: true })],
] as const) {
  for (const durability of ['none', 'group'] as const) {
    t.test(`${what}, durability ${durability}`, async (t) => {
      const dataDir = join(t.testdir({}), 'data');
      const { journal } = await openJournal(dataDir, { JOURNAL_DURABILITY: durability });
      const { folder } = journal;
      await journal.admit(rowOf(1));
      await journal.append(rowOf(2), true);
      remove(folder);
      await journal.append(rowOf(3), true);
      await poll('another file', () => existsSync(join(folder, '00000002.journal')) || undefined);
      await journal.append(rowOf(4), true);
      t.ok(journal.open);
      t.equal(journal.epoch, 2);
      const { records, ends } = readJournal(folder);
      t.same(
        records.map(({ kind, row }) => [kind, row]),
        [
          ['o', rowOf(1)],
          ['f', rowOf(2)],
          ['f', rowOf(3)],
          ['f', rowOf(4)],
        ],
      );
      t.same(ends, ['end']);
      await journal.close();
    });
  }
}

t.test('as long as there is no other file, nobody new is taken on', async (t) => {
  const disk = new FaultyDisk();
  const { journal } = await openJournal(t.testdir({}), {}, { disk });
  await journal.admit(rowOf(1));
  disk.onCreate = () => {
    throw new Error('no room');
  };
  rmSync(journal.folder, { recursive: true });
  await poll('it to notice', () => journal.refuses || undefined);
  await t.rejects(journal.admit(rowOf(2)), { code: 'ledger_full' });
  disk.onCreate = undefined;
  await poll('it to be back', () => journal.open || undefined);
  t.same(rowsOf(journal.folder), [rowOf(1)]);
  await journal.close();
});

// The journal is read while workers write it and the primary deletes it.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { segmentName } from '../../../../src/core/ledger/journal/life.ts';
import { readJournals } from '../../../../src/core/reconcile/records.ts';
import { deadLife, TestJournal, usageRow } from '../../../fixtures/journal.ts';

t.test('a row that moves on into a new file meanwhile is seen', async (t) => {
  const dataDir = t.testdir();
  const root = join(dataDir, 'journal');
  mkdirSync(root);
  const journal = new TestJournal(root, deadLife());
  const stream = usageRow();
  journal.final(usageRow());
  journal.rotate();
  journal.open(stream);
  const seen: string[] = [];
  let moved = false;
  await readJournals(dataDir, {
    onRecord: (_, row) => void seen.push(row),
    async onPause() {
      if (moved) return;
      moved = true;
      // The files have been listed, and the second has not been read.
      journal.rotate();
      journal.open(stream);
      rmSync(join(journal.folder, segmentName(2)));
    },
  });
  t.ok(seen.includes(stream));
});

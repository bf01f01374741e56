// A write that was cut off is told from one that was not, wherever the cut is.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { blockAt } from '../../../../../src/core/ledger/journal/block.ts';
import { openJournal, rowOf } from '../../../../fixtures/journal-writer.ts';

async function twoBlocks(dataDir: string) {
  const { journal } = await openJournal(dataDir);
  await journal.admit(rowOf(1, 20));
  await journal.append(rowOf(1, 30), true);
  await journal.close();
  const bytes = readFileSync(join(journal.folder, '00000001.journal'));
  const first = blockAt(bytes, 0);
  if (first.kind !== 'block') throw new Error('there is no block');
  const second = blockAt(bytes, first.end);
  if (second.kind !== 'block') throw new Error('there is no second block');
  return { bytes, begin: first.end, end: second.end };
}

t.test('a block of which only a part was written over the zeros is bad', async (t) => {
  const { bytes, begin, end } = await twoBlocks(t.testdir());
  for (let cut = begin + 1; cut < end; cut++) {
    const torn = Buffer.concat([bytes.subarray(0, cut), Buffer.alloc(bytes.length - cut)]);
    t.equal(blockAt(torn, 0).kind, 'block');
    t.equal(blockAt(torn, begin).kind, 'bad', `cut at ${cut - begin}`);
  }
  t.equal(blockAt(bytes, end).kind, 'end');
});

t.test('a file that ends in the middle of a block is short', async (t) => {
  const { bytes, begin, end } = await twoBlocks(t.testdir());
  for (let cut = begin + 1; cut < end; cut++) t.equal(blockAt(bytes.subarray(0, cut), begin).kind, 'short');
  t.equal(blockAt(bytes.subarray(0, begin), begin).kind, 'end');
});

t.test('a changed byte is found', async (t) => {
  const { bytes, begin, end } = await twoBlocks(t.testdir());
  for (let at = begin + 4; at < end; at++) {
    const changed = Buffer.from(bytes);
    changed[at]! ^= 1;
    t.equal(blockAt(changed, begin).kind, 'bad', `at ${at - begin}`);
  }
});

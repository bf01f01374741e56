// A process that is killed in the middle of writing leaves a journal with everything in it that it was told was written.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { isAlive, isLife } from '../../../../../src/core/ledger/journal/life.ts';
import { readJournal, rowOf } from '../../../../fixtures/journal-writer.ts';

const PROGRAM = fileURLToPath(new URL('../../../../fixtures/journal-program.js', import.meta.url));
const KILLS = 5;

/** @returns the folder, and how many rows it has acknowledged when it has ended */
async function runUntilKilled(dataDir: string, rowsMin: number): Promise<{ folder: string; rows: number }> {
  const child: ChildProcess = spawn(process.execPath, [PROGRAM, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let folder = '';
  let rows = 0;
  const lines = createInterface({ input: child.stdout! });
  lines.on('line', (line) => {
    if (folder === '') {
      folder = line;
      t.ok(isLife(basename(folder)) && isAlive(basename(folder)));
    } else if (++rows === rowsMin) child.kill('SIGKILL');
  });
  await Promise.all([once(lines, 'close'), once(child, 'exit')]);
  return { folder, rows };
}

for (let kill = 1; kill <= KILLS; kill++) {
  t.test(`kill ${kill}`, async (t) => {
    const { folder, rows } = await runUntilKilled(t.testdir(), kill * 311);
    t.notOk(isAlive(basename(folder)));
    const { records, ends } = readJournal(folder);
    t.ok(records.length >= rows, `${rows} acknowledged, ${records.length} found`);
    t.same(
      records.map(({ row }) => row),
      records.map((_, id) => rowOf(id, (id * 37) % 900)),
    );
    t.ok(
      ends.slice(0, -1).every((end) => end === 'end'),
      'only the last segment may end in the middle of a block',
    );
  });
}

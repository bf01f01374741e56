// A disk that is really full: a small tmpfs, which only root may mount.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { openJournal, readJournal, rowOf, rowsOf } from '../../../../fixtures/journal-writer.ts';
import { poll } from '../../../../fixtures/poll.ts';

const DISK_BYTES = 1_048_576;
const SEGMENT_BYTES = 131_072;

const folder = mkdtempSync(join(tmpdir(), 'apipod-full-'));
const mounted = mount();
t.teardown(() => {
  if (mounted) execFileSync('umount', [folder]);
  rmdirSync(folder);
});

function mount(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const skip = !mounted && 'this process may not mount a tmpfs';

t.test('ends are written into the reserve, then kept, and none is lost', { skip }, async (t) => {
  const { journal } = await openJournal(folder, {
    JOURNAL_SEGMENT_BYTES: SEGMENT_BYTES,
    JOURNAL_BYTES_MAX: 1_073_741_824,
  });
  const filler = join(folder, 'filler');
  const { bavail, bsize } = statfsSync(folder);
  writeFileSync(filler, Buffer.alloc(bavail * bsize));
  t.equal(statfsSync(folder).bavail, 0);

  const ends: string[] = [];
  for (let id = 0; journal.open; id++) {
    const end = rowOf(id, 1_000);
    await journal.admit(end).catch(() => {});
    await journal.append(end, true);
    ends.push(end);
  }
  t.ok(journal.epoch >= 2, 'the reserve is in use');
  for (let id = 0; id < 400; id++) {
    const end = rowOf(`more-${id}`, 1_000);
    await journal.append(end, true);
    ends.push(end);
  }
  const written = rowsOf(journal.folder, 'f');
  t.ok(written.length < ends.length, `${written.length} of ${ends.length} are written`);
  t.ok(written.length > 100, 'as many as there was room for');

  rmSync(filler);
  await poll('room', () => journal.open || undefined);
  await journal.flush();
  t.same(rowsOf(journal.folder, 'f'), ends);
  t.same(new Set(readJournal(journal.folder).ends), new Set(['end']));
  t.equal(journal.stats.unjournaled, 0);
  await journal.close();
  t.notOk(existsSync(join(journal.folder, 'spare')));
});

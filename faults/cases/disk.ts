// The disk of the journal runs full.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Evidence } from '../books.ts';
import { type Case, NotRun } from '../case.ts';
import { kindsOf } from '../kinds.ts';
import type { Rig } from '../rig.ts';

const DISK_SIZE = '4m';
const SEGMENT_BYTES = 65_536;
const FILL_BYTES = 16_384;
const FULL_MS = 2_000;
const REFUSAL_TIMEOUT_MS = 15_000;

const mounts = new Map<Rig, ChildProcess>();

/** A small disk in place of DATA_DIR. It goes with `unmount`, and at the latest with this process. */
function mount({ dataDir, folder }: Rig): ChildProcess {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_SIZE},mode=700`, 'tmpfs', dataDir], {
      stdio: 'pipe',
    });
  } catch (error) {
    throw new NotRun(`no tmpfs can be mounted here (${(error as Error).message.split('\n')[0]})`);
  }
  const reaper = spawn('sh', ['-c', 'read -r _; umount -l "$0"; rm -rf "$1"', dataDir, folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  reaper.unref();
  return reaper;
}

/** Takes what room there is, and what becomes free. */
function fill(file: string): void {
  for (const bytes of [FILL_BYTES, 1]) {
    try {
      for (;;) appendFileSync(file, Buffer.alloc(bytes));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    }
  }
}

function refusedAsFull({ sent }: Evidence): string[] {
  const refusals = sent.filter(({ status }) => status === 503);
  if (refusals.length === 0) return ['no request was refused: the fault did not bite'];
  const other = refusals.filter(({ words, kind }) => {
    return kind.path === '/v1/chat/completions' && !words.includes('ledger_full');
  });
  return other.map(({ id, words }) => `request ${id}: ${words}`);
}

export const DISK_CASES: readonly Case[] = [
  {
    name: 'disk-full',
    fault: `disk full (tmpfs of ${DISK_SIZE}), with the database away`,
    expected: 'new requests 503 ledger_full; open streams end whole, with their rows',
    tolerance: { statuses: [503] },
    short: true,
    prepare(rig) {
      mounts.set(rig, mount(rig));
      return { JOURNAL_SEGMENT_BYTES: String(SEGMENT_BYTES) };
    },
    async act({ rig, load }) {
      const file = join(rig.dataDir, 'filler');
      const lock = await rig.connect();
      await lock.query('BEGIN; LOCK TABLE usage_logs IN SHARE ROW EXCLUSIVE MODE');
      const [probe] = kindsOf('json', false, {});
      const deadline = performance.now() + REFUSAL_TIMEOUT_MS;
      try {
        do fill(file);
        while ((await load.ask(probe!)).status !== 503 && performance.now() < deadline);
        await pause(FULL_MS);
      } finally {
        rmSync(file, { force: true });
        await lock.end();
      }
    },
    check: refusedAsFull,
    async cleanUp(rig) {
      const reaper = mounts.get(rig);
      if (reaper === undefined) return;
      mounts.delete(rig);
      // Waiting for it is what may keep us now.
      reaper.ref();
      reaper.stdin!.end();
      if (reaper.exitCode === null) await once(reaper, 'exit');
    },
  },
];

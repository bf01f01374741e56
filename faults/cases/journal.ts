// What the disk does to a journal, and what an operator's backup does.
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { blockAt, HEAD_BYTES } from '../../src/core/ledger/journal/block.ts';
import { isLife, journalRoot, segmentNumber } from '../../src/core/ledger/journal/life.ts';
import type { Case } from '../case.ts';
import type { Rig } from '../rig.ts';
import { recovery } from '../settle.ts';

const WAITING_MS = 2_000;
/** What a block that was being written claims, and how much of it came to the disk. */
const CLAIMED_BYTES = 600;
const WRITTEN_BYTES = 200;

/** @throws when there is none */
function livesOf(rig: Rig): string[] {
  const root = journalRoot(rig.dataDir);
  const lives = existsSync(root) ? readdirSync(root).filter(isLife) : [];
  if (lives.length === 0) throw new Error('there is no journal');
  return lives.map((life) => join(root, life));
}

/** The segment that was written to last, and where its last block ends. */
function tailOf(life: string): { readonly file: string; readonly end: number } | undefined {
  const segments = readdirSync(life).filter((name) => segmentNumber(name) !== undefined);
  const name = segments.sort().at(-1);
  if (name === undefined) return undefined;
  const file = join(life, name);
  const bytes = readFileSync(file);
  let end = 0;
  for (let at = blockAt(bytes, 0); at.kind === 'block'; at = blockAt(bytes, end)) end = at.end;
  return { file, end };
}

/** As a write is left that a power cut or a kill has stopped half-way: `cut` ends the file there too. */
function tear(life: string, cut: boolean): void {
  const tail = tailOf(life);
  if (tail === undefined) return;
  const { file, end } = tail;
  const bytes = readFileSync(file);
  const torn = Buffer.alloc(HEAD_BYTES + WRITTEN_BYTES, 'o');
  torn.writeUInt32LE(CLAIMED_BYTES, 0);
  torn.writeUInt32LE(0x5eed, 4);
  const room = Math.min(torn.length, Math.max(0, bytes.length - end));
  torn.copy(bytes, end, 0, room);
  writeFileSync(file, bytes);
  if (cut) truncateSync(file, end + room);
  if (cut && room < torn.length) appendFileSync(file, torn.subarray(room));
}

export const JOURNAL_CASES: readonly Case[] = [
  {
    name: 'torn-frame',
    fault: 'everything killed, the last write of each journal torn',
    expected: 'what was acknowledged is booked; the torn rest is dropped',
    tolerance: { kills: true },
    short: true,
    async act({ rig, rounds }) {
      for (let round = 0; round < rounds; round++) {
        await rig.killAll();
        for (const [i, life] of livesOf(rig).entries()) tear(life, (i + round) % 2 === 1);
        await rig.start();
        await pause(WAITING_MS);
      }
      const damaged = await rig.metric('apipod_journal_damaged_total');
      if (damaged > 0) throw new Error(`${damaged} files count as damaged`);
    },
  },
  {
    name: 'replay',
    fault: 'a journal that was shipped is put back',
    expected: 'known rows are passed over',
    tolerance: { restarts: true, statuses: [503] },
    short: true,
    async act({ rig, load, note }) {
      await rig.server.stop();
      await pause(WAITING_MS);
      const copies = livesOf(rig).map((life, i) => {
        const copy = join(rig.folder, `copy-${i}`);
        cpSync(life, copy, { recursive: true });
        return copy;
      });
      await rig.server.start();
      if ((await recovery(rig, load)) === undefined) throw new Error('it was not shipped');
      await rig.stop();
      mkdirSync(journalRoot(rig.dataDir), { recursive: true });
      // Names of processes that a machine had before its last boot.
      copies.forEach((copy, i) => {
        cpSync(copy, join(journalRoot(rig.dataDir), `00000000-${100 + i}-1-1`), { recursive: true });
      });
      await rig.start();
      await recovery(rig, load);
      const known = await rig.metric('apipod_usage_rows_duplicate_total');
      note(`${known} rows were known`);
      if (known === 0) throw new Error('nothing was replayed');
    },
  },
];

import { existsSync, readdirSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { isAlive, isLife, journalRoot } from '../src/core/ledger/journal/life.ts';
import { readAside, requestIdOf } from './books.ts';
import type { Load } from './load.ts';
import type { Rig } from './rig.ts';

const POLL_INTERVAL_MS = 50;
const RECOVERY_TIMEOUT_MS = 30_000;
const SETTLE_TIMEOUT_MS = 30_000;
/** Nothing is under way, and rows are missing all the same: they will not come any more. */
const HOPELESS_MS = 4_000;

const PRESENT = 'SELECT request_id FROM usage_logs WHERE request_id = ANY($1::uuid[])';

/**
 * From the end of a fault: until a request is answered, and every row of an exchange that had ended by then is in.
 * @returns seconds; undefined: not within the time that there is
 */
export async function recovery(rig: Rig, load: Load): Promise<number | undefined> {
  const since = performance.now();
  const deadline = AbortSignal.timeout(RECOVERY_TIMEOUT_MS);
  const due = new Set(rig.entries.filter(({ ended }) => ended).map(requestIdOf));
  const ended = new Promise<false>((resolve) => {
    deadline.addEventListener('abort', () => resolve(false));
  });
  const isBack = (async () => {
    await Promise.all([load.answered(), arrived(rig, due, deadline)]);
    return !deadline.aborted;
  })();
  return (await Promise.race([isBack, ended])) ? (performance.now() - since) / 1_000 : undefined;
}

async function arrived(rig: Rig, due: Set<string>, deadline: AbortSignal): Promise<void> {
  while (!deadline.aborted) {
    await strike(rig, due);
    if (due.size === 0) return;
    await pause(POLL_INTERVAL_MS);
  }
}

/** Waits until nothing more can come: no request is open, no row waits, no journal of a dead process is left. */
export async function settled(rig: Rig): Promise<string | undefined> {
  const deadline = performance.now() + SETTLE_TIMEOUT_MS;
  const due = new Set(rig.entries.map(requestIdOf));
  let restSince = performance.now();
  for (;;) {
    const before = due.size;
    await strike(rig, due);
    const busy = await underWay(rig);
    if (busy === undefined && due.size === 0) return undefined;
    const now = performance.now();
    if (busy !== undefined || due.size < before) restSince = now;
    if (busy === undefined && now - restSince > HOPELESS_MS) return undefined;
    if (now > deadline) return `not settled: ${busy ?? `${due.size} rows are not there`}`;
    await pause(POLL_INTERVAL_MS);
  }
}

/** Takes away those that are in the database, or set aside. */
async function strike(rig: Rig, due: Set<string>): Promise<void> {
  try {
    const rows = await rig.query<{ request_id: string }>(PRESENT, [[...due]]);
    for (const { request_id } of rows) due.delete(request_id);
    for (const id of readAside(rig.dataDir).keys()) due.delete(id);
  } catch {
    // The database is not back yet.
  }
}

/** @returns what is, or undefined */
async function underWay(rig: Rig): Promise<string | undefined> {
  if (rig.openRequests > 0) return `${rig.openRequests} requests are open upstream`;
  const left = deadLives(rig.dataDir);
  if (left.length > 0) return `journals of dead processes are left: ${left.join(', ')}`;
  const waiting = await rig.metric('apipod_usage_rows_waiting').catch(() => Number.NaN);
  return waiting === 0 ? undefined : `${waiting} rows wait`;
}

function deadLives(dataDir: string): string[] {
  const root = journalRoot(dataDir);
  return existsSync(root) ? readdirSync(root).filter((name) => isLife(name) && !isAlive(name)) : [];
}

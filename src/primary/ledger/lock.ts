import { readdir, readFile, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { unlessMissing } from '../../core/ledger/files.ts';
import {
  isAlive,
  isLife,
  isOfThisSystem,
  journalRoot,
  newLife,
  pidOf,
} from '../../core/ledger/journal/life.ts';
import { makeFolder } from './file.ts';

/** In the folder of the journals: names the process that ships them. */
export const LOCK_FILE = 'gateway';

/** Whoever makes the file writes its name at once; one that stays empty is of a process that was killed in between. */
const UNNAMED_TIMEOUT_MS = 1_000;
const RETRY_INTERVAL_MS = 20;

/**
 * Processes of another container are not to be seen from here. So the holder touches the file, and one that cannot be
 * seen is taken for dead when it has not done so for a while.
 */
export const TOUCH_INTERVAL_MS = 1_000;
const UNTOUCHED_TIMEOUT_MS = 8_000;
/** Touched so long ago, by anybody's clock, it needs no waiting for. */
const OLD_MS = 60_000;

/** The right to the journals of a DATA_DIR. */
export interface JournalLock {
  /** The folder of the journals. */
  readonly root: string;
  release(): Promise<void>;
}

/**
 * Makes the folder of the journals and takes it: two gateways would delete each other's files.
 * @throws Error with a message for the operator
 */
export async function lockJournals(dataDir: string): Promise<JournalLock> {
  const root = journalRoot(dataDir);
  const path = join(root, LOCK_FILE);
  const name = newLife();
  try {
    // Not for its owner only: an embedded database under another account lives there too.
    await makeFolder(dataDir);
    await makeFolder(root, 0o700);
    while (!(await create(path, name))) await clearAway(path, name);
  } catch (error) {
    if (error instanceof TakenError) throw error;
    throw new Error(
      `Cannot keep the usage journal in ${root}: ${(error as Error).message}. ` +
        'Set DATA_DIR to a folder that this account may write to.',
      { cause: error },
    );
  }
  const touches = setInterval(() => {
    const now = new Date();
    // If somebody has deleted it, it is still ours.
    utimes(path, now, now).catch(() => create(path, name).catch(() => {}));
  }, TOUCH_INTERVAL_MS).unref();
  return {
    root,
    async release() {
      clearInterval(touches);
      if ((await holderOf(path)) === name) await unlink(path).catch(unlessMissing);
    },
  };
}

/** The process id of the gateway that has a DATA_DIR, as far as its process can be seen from here. */
export async function gatewayOn(dataDir: string): Promise<number | undefined> {
  const holder = await holderOf(join(journalRoot(dataDir), LOCK_FILE));
  const lives = holder !== undefined && isOfThisSystem(holder) && isAlive(holder);
  return lives ? pidOf(holder) : undefined;
}

class TakenError extends Error {}

/** @returns false: there is one */
async function create(path: string, name: string): Promise<boolean> {
  try {
    await writeFile(path, name, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the lock of a dead gateway. @throws TakenError */
async function clearAway(path: string, name: string): Promise<void> {
  const holder = await settledHolderOf(path);
  if (holder === undefined) return;
  if (isLife(holder) && (isOfThisSystem(holder) ? isAlive(holder) : await isTouched(path))) {
    throw new TakenError(
      `DATA_DIR is in use by apipod gateway ${pidOf(holder)} (process id). ` +
        'Give each gateway a DATA_DIR of its own; they may share one DATABASE_URL.',
    );
  }
  await alone(path, name, async () => {
    if ((await holderOf(path)) === holder) await unlink(path).catch(unlessMissing);
  });
}

/**
 * Does something while no other gateway does the like. Each announces itself by a file of its own, and then looks who
 * else has: of any two, at least one sees the other. The first by name waits for the others to end or give way.
 */
async function alone(path: string, name: string, action: () => Promise<void>): Promise<void> {
  const own = `${path}.${name}`;
  for (;;) {
    await writeFile(own, '');
    try {
      if (await outwaits(own)) return await action();
    } finally {
      await unlink(own).catch(unlessMissing);
    }
    await pause(RETRY_INTERVAL_MS);
  }
}

/** @returns false: another one goes first */
async function outwaits(own: string): Promise<boolean> {
  const folder = dirname(own);
  const since = (await stat(own)).mtimeMs;
  for (;;) {
    let alone = true;
    for (const file of await readdir(folder)) {
      const other = join(folder, file);
      if (other === own || !file.startsWith(`${LOCK_FILE}.`)) continue;
      if (await isAbandoned(other, since)) await unlink(other).catch(unlessMissing);
      else if (other < own) return false;
      else alone = false;
    }
    if (alone) return true;
    await pause(RETRY_INTERVAL_MS);
  }
}

/** Whether nobody works under this file any more. @param now in ms, by the clock of the file system */
async function isAbandoned(file: string, now: number): Promise<boolean> {
  const life = basename(file).slice(LOCK_FILE.length + 1);
  if (isLife(life) && isOfThisSystem(life)) return !isAlive(life);
  const made = (await stat(file).catch(unlessMissing))?.mtimeMs;
  return made !== undefined && now - made > UNTOUCHED_TIMEOUT_MS;
}

/** Waits until the holder has touched the file, or has had the time to. */
async function isTouched(path: string): Promise<boolean> {
  const mtimeOf = async () => (await stat(path).catch(unlessMissing))?.mtimeMs;
  const before = await mtimeOf();
  const deadline = performance.now() + UNTOUCHED_TIMEOUT_MS;
  if (before === undefined || Date.now() - before > OLD_MS) return false;
  while (performance.now() < deadline) {
    const now = await mtimeOf();
    if (now !== before) return now !== undefined;
    await pause(RETRY_INTERVAL_MS * 5);
  }
  return false;
}

/** @returns undefined: the lock has gone */
async function settledHolderOf(path: string): Promise<string | undefined> {
  const deadline = performance.now() + UNNAMED_TIMEOUT_MS;
  for (;;) {
    const holder = await holderOf(path);
    if (holder === undefined || isLife(holder) || performance.now() > deadline) return holder;
    await pause(RETRY_INTERVAL_MS);
  }
}

function holderOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(unlessMissing);
}

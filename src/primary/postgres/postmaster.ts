import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** What `postmaster.pid` says: the server's main process. */
export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  /** Takes connections. */
  readonly ready: boolean;
}

const PID_LINE = 0;
const PORT_LINE = 3;
const STATUS_LINE = 7;

export const POLL_INTERVAL_MS = 20;

/** Each milder way of stopping gets this long. */
const FAST_STOP_TIMEOUT_MS = 20_000;
const IMMEDIATE_STOP_TIMEOUT_MS = 5_000;

/** @returns undefined if no server has put its name here, or has only begun to */
export function readPostmaster(dataDir: string): Postmaster | undefined {
  let lines: string[];
  try {
    lines = readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n');
  } catch {
    return undefined;
  }
  const pid = Number(lines[PID_LINE]);
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[PORT_LINE]), ready: lines[STATUS_LINE]?.trim() === 'ready' };
}

/**
 * Whether that process lives and works in this data directory. A process id alone proves nothing: after a restart of
 * the machine, or of a container, another process has it, and PostgreSQL itself would then refuse to start. A zombie
 * does not count. Elsewhere than on Linux: whether there is such a process.
 */
export function worksIn(dataDir: string, pid: number): boolean {
  if (process.platform === 'linux') {
    try {
      const work = statSync(`/proc/${pid}/cwd`);
      const data = statSync(dataDir);
      return work.ino === data.ino && work.dev === data.dev;
    } catch {
      return false;
    }
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Processes of a server whose main process was killed live on for a moment, and write. Known on Linux only. */
export function hasWorkers(dataDir: string): boolean {
  if (process.platform !== 'linux') return false;
  return readdirSync('/proc').some(
    (name) => /^\d+$/.test(name) && worksIn(dataDir, Number(name)) && isPostgres(Number(name)),
  );
}

/** Not, for example, the shell of somebody who looks around in there. */
function isPostgres(pid: number): boolean {
  try {
    return /^post(gres|master)/.test(readFileSync(`/proc/${pid}/comm`, 'utf8'));
  } catch {
    return false;
  }
}

/** Stops a server: clients are cut off, what they committed is safe. Resolves when the process is gone. */
export async function stopPostmaster(dataDir: string, pid: number): Promise<void> {
  const steps = [
    { signal: 'SIGINT', timeoutMs: FAST_STOP_TIMEOUT_MS },
    { signal: 'SIGQUIT', timeoutMs: IMMEDIATE_STOP_TIMEOUT_MS },
    { signal: 'SIGKILL', timeoutMs: IMMEDIATE_STOP_TIMEOUT_MS },
  ] as const;
  for (const { signal, timeoutMs } of steps) {
    if (!worksIn(dataDir, pid)) return;
    try {
      process.kill(pid, signal);
    } catch {
      return;
    }
    const deadline = performance.now() + timeoutMs;
    while (worksIn(dataDir, pid) && performance.now() < deadline) await delay(POLL_INTERVAL_MS);
  }
}

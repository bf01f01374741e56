import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseError } from '../../core/database/failure.ts';
import type { Account } from './account.ts';
import type { Binaries } from './binaries.ts';
import { hasWorkers, POLL_INTERVAL_MS, type Postmaster, readPostmaster, worksIn } from './postmaster.ts';
import { startProgram } from './program.ts';

export interface ServerOptions {
  readonly dataDir: string;
  readonly binaries: Binaries;
  readonly account: Account | undefined;
  /** Undefined: any that is free. A server that runs already keeps its own. */
  readonly port?: number | undefined;
  readonly connectionsMax: number;
  /** False only in tests: commits are not forced to disk. */
  readonly durable: boolean;
  /** For a server that must first recover from a crash, all of it. */
  readonly startTimeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface Server {
  readonly pid: number;
  readonly port: number;
  /** It ran already, left behind by a gateway that was killed. */
  readonly adopted: boolean;
}

/** A port can be taken between its choice and its use; the memory of a killed server is held for about a second. */
const LAUNCHES_MAX = 5;
const RELAUNCH_DELAY_MS = 500;
const GIVE_UP_TIMEOUT_MS = 5_000;
const LOG_BYTES_MAX = 1_048_576;
const LOG_TAIL_LINES = 10;

/**
 * Gives the server on these data: the one that runs, or a new one. Two that call this at once get the same.
 * @throws DatabaseError with the end of the server's log
 */
export async function bringUp(options: ServerOptions): Promise<Server> {
  const { dataDir, signal } = options;
  const deadline = performance.now() + options.startTimeoutMs;
  for (let launches = 0; ; ) {
    signal?.throwIfAborted();
    if (performance.now() > deadline) {
      throw new DatabaseError(`The embedded database in ${dataDir} does not start.${logTail(dataDir)}`);
    }
    const found = readPostmaster(dataDir);
    if (found && worksIn(dataDir, found.pid)) {
      if (found.ready) return { pid: found.pid, port: found.port, adopted: true };
      await delay(POLL_INTERVAL_MS);
    } else if (hasWorkers(dataDir)) {
      await delay(POLL_INTERVAL_MS);
    } else {
      // Nobody works here, so the name that a dead server left behind protects nothing.
      if (found) rmSync(join(dataDir, 'postmaster.pid'), { force: true });
      const server = await launch(options, deadline);
      if (server) return { pid: server.pid, port: server.port, adopted: false };
      if (++launches === LAUNCHES_MAX) {
        throw new DatabaseError(`The embedded database in ${dataDir} does not start.${logTail(dataDir)}`);
      }
      await delay(RELAUNCH_DELAY_MS);
    }
  }
}

/** @returns undefined if the server gave up */
async function launch(options: ServerOptions, deadline: number): Promise<Postmaster | undefined> {
  const { dataDir, binaries, account, durable, signal } = options;
  const port = options.port ?? (await freePort());
  const settings = {
    listen_addresses: '127.0.0.1',
    port,
    // Only over TCP: the path of a socket has a length limit that a data directory may exceed.
    unix_socket_directories: '',
    max_connections: options.connectionsMax,
    log_checkpoints: 'off',
    ...(!durable && { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }),
  };
  const log = openLog(dataDir);
  const child = startProgram({
    file: join(binaries.folder, 'postgres'),
    args: (folder) => [
      '-D',
      folder,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    folder: dataDir,
    account,
    output: log,
    // The Ctrl-C that tells the gateway to drain must not take its database away.
    detached: true,
  });
  closeSync(log);
  child.unref();
  const ended = once(child, 'exit').catch(() => {});
  while (isRunning(child) && !signal?.aborted && performance.now() < deadline) {
    const found = readPostmaster(dataDir);
    if (found?.pid === child.pid && found?.ready) return found;
    await delay(POLL_INTERVAL_MS);
  }
  if (isRunning(child)) {
    child.kill('SIGINT');
    await Promise.race([ended, delay(GIVE_UP_TIMEOUT_MS)]);
    child.kill('SIGKILL');
  }
  return undefined;
}

function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

const logFile = (dataDir: string): string => join(dataDir, 'server.log');

function openLog(dataDir: string): number {
  const size = statSync(logFile(dataDir), { throwIfNoEntry: false })?.size ?? 0;
  return openSync(logFile(dataDir), size > LOG_BYTES_MAX ? 'w' : 'a', 0o600);
}

function logTail(dataDir: string): string {
  try {
    const lines = readFileSync(logFile(dataDir), 'utf8').trimEnd().split('\n').slice(-LOG_TAIL_LINES);
    return ` The end of ${logFile(dataDir)}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
  } catch {
    return '';
  }
}

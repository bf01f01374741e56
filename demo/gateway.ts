import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { packageRoot } from '../src/core/paths.ts';

const READY_POLL_INTERVAL_MS = 100;
/** The first start makes a database. */
const READY_TIMEOUT_MS = 120_000;
/** How long open streams may go on after Ctrl-C. */
const SHUTDOWN_TIMEOUT_MS = 3_000;
const REASON_LINES_MAX = 10;
const LEVEL_ERROR = 50;

export interface GatewayOptions {
  readonly port: number;
  /** Absolute. */
  readonly dataDir: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** The built gateway as a process of its own. */
export class Gateway {
  readonly url: string;
  readonly logFile: string;
  /** Settles with the reason when the process has ended, whoever ended it. */
  readonly ended: Promise<string>;
  readonly #process: ChildProcess;

  constructor({ port, dataDir, environment }: GatewayOptions) {
    mkdirSync(dataDir, { recursive: true });
    this.url = `http://127.0.0.1:${port}`;
    // Another demo may use the same folder, and must not lose its log.
    this.logFile = join(dataDir, `gateway-${port}.log`);
    const log = openSync(this.logFile, 'w');
    this.#process = spawn(process.execPath, [join(packageRoot, 'dist/cluster.js')], {
      // Not where a .env of the operator's may lie.
      cwd: dataDir,
      env: {
        ...withoutUpstreams(process.env),
        // Empty counts as unset: the embedded database.
        DATABASE_URL: '',
        DATA_DIR: dataDir,
        HOST: '127.0.0.1',
        PORT: String(port),
        SHUTDOWN_TIMEOUT_MS: String(SHUTDOWN_TIMEOUT_MS),
        ...environment,
      },
      stdio: ['ignore', log, log],
      // A process group of its own: a Ctrl-C of the terminal reaches it once, through `stop`, and not its workers.
      detached: true,
    });
    closeSync(log);
    this.ended = once(this.#process, 'exit').then(
      ([code, signal]) => `The gateway ended (${signal ?? `exit code ${code}`}).\n${this.#lastWords()}`,
      (error: Error) => `The gateway could not be started: ${error.message}`,
    );
  }

  /** @throws Error with the reason, when it ends before it is ready */
  async ready(): Promise<void> {
    let reason: string | undefined;
    void this.ended.then((why) => {
      reason = why;
    });
    const deadline = performance.now() + READY_TIMEOUT_MS;
    while (reason === undefined && performance.now() < deadline) {
      const response = await fetch(`${this.url}/readyz`).catch(() => undefined);
      if (response?.ok) return;
      await delay(READY_POLL_INTERVAL_MS);
    }
    throw new Error(reason ?? `The gateway is not ready; see ${this.logFile}`);
  }

  /** Resolves when the process, its workers and its database have ended. Called again, it does not wait for streams. */
  async stop(): Promise<void> {
    this.#process.kill('SIGTERM');
    await this.ended;
  }

  /** What the log says last that is an error; if nothing is, its last lines. */
  #lastWords(): string {
    const lines = readFileSync(this.logFile, 'utf8').trimEnd().split('\n');
    const errors = lines.flatMap((line) => {
      try {
        const { level, msg } = JSON.parse(line) as { level: number; msg: string };
        return level >= LEVEL_ERROR ? [msg] : [];
      } catch {
        return [line];
      }
    });
    return (errors.length > 0 ? errors : lines).slice(-REASON_LINES_MAX).join('\n');
  }
}

function withoutUpstreams(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('UPSTREAM_')));
}

/** @returns the wanted port, or another one if it is taken */
export async function findPort(wanted: number): Promise<number> {
  for (const port of [wanted, 0]) {
    const server = createServer();
    try {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      return (server.address() as { port: number }).port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    } finally {
      server.close();
    }
  }
  throw new Error('There is no free port.');
}

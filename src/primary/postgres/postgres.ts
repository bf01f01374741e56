import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { type DatabaseSettings, withClient } from '../../core/database/pool.ts';
import type { Logger } from '../../core/log.ts';
import { accountFor } from './account.ts';
import { findBinaries } from './binaries.ts';
import { createCluster, passwordOf, ROLE, versionOf } from './cluster.ts';
import { Lease } from './lease.ts';
import { stopPostmaster, worksIn } from './postmaster.ts';
import { bringUp, type Server, type ServerOptions } from './server.ts';

export interface PostgresOptions {
  /** PostgreSQL's own data directory. Only a gateway of the same user, or root, can use it later. */
  readonly dataDir: string;
  /** Setting POSTGRES_BIN_DIR. */
  readonly binDir?: string | undefined;
  readonly connectionsMax: number;
  readonly startTimeoutMs: number;
  readonly settings: DatabaseSettings;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
}

/** A running embedded PostgreSQL. */
export interface Postgres {
  /** Of its database `apipod`. It stays the same until `stop`. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

const DATABASE = 'apipod';
const WATCH_INTERVAL_MS = 1_000;

/**
 * Starts PostgreSQL on 127.0.0.1, making its data directory first if there is none, or adopts the one that a killed
 * gateway left running. It is brought up again should it die.
 * @throws DatabaseError when there are no programs for it, when it does not start, when another gateway has it
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { log, settings } = options;
  const serverOptions = await prepare(options, true);
  const { dataDir, binaries } = serverOptions;
  const server = await bringUp(serverOptions);
  const adminUrl = await urlOf(dataDir, server.port, 'postgres');
  const lease = new Lease(adminUrl, settings, log);
  // Without the lease the server is another gateway's, whoever started it: leave it running.
  await lease.acquire();
  const watch = watchServer(server, serverOptions, log);
  const stop = async (): Promise<void> => {
    lease.release();
    await watch.stop();
  };
  try {
    await createDatabase(adminUrl, settings);
  } catch (error) {
    await stop();
    throw error;
  }
  log.info(
    { serverPid: server.pid, port: server.port, major: binaries.major, dataDir },
    server.adopted
      ? 'adopted the embedded PostgreSQL, which was running'
      : 'the embedded PostgreSQL has started',
  );
  return { url: await urlOf(dataDir, server.port, DATABASE), stop };
}

/**
 * Finds the programs and makes the data directory if there is none.
 * @param durable false only in tests
 */
export async function prepare(
  options: Omit<PostgresOptions, 'settings'>,
  durable: boolean,
): Promise<ServerOptions> {
  const dataDir = resolve(options.dataDir);
  mkdirSync(dirname(dataDir), { recursive: true });
  const account = accountFor(dataDir);
  const major = await versionOf(dataDir);
  const cacheDir = account ? '/var/cache/apipod' : join(dirname(dataDir), 'cache');
  const binaries = await findBinaries({ binDir: options.binDir, major, account, cacheDir }, options.log);
  if (major === undefined) await createCluster(dataDir, binaries, account, durable);
  const { connectionsMax, startTimeoutMs, signal } = options;
  return { dataDir, binaries, account, connectionsMax, durable, startTimeoutMs, signal };
}

export async function urlOf(dataDir: string, port: number, database: string): Promise<string> {
  return `postgres://${ROLE}:${await passwordOf(dataDir)}@127.0.0.1:${port}/${database}?sslmode=disable`;
}

/** Only the holder of the lease does this, so there is no race. */
async function createDatabase(adminUrl: string, settings: DatabaseSettings): Promise<void> {
  await withClient(adminUrl, settings, 'apipod start', async (client) => {
    const { rows } = await client.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
    if (rows.length === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  });
}

/** Brings a server that has died up again, on the same port. */
function watchServer(first: Server, options: ServerOptions, log: Logger): { stop(): Promise<void> } {
  const { dataDir } = options;
  const stopping = new AbortController();
  let server = first;
  let restart: Promise<void> | undefined;
  const timer = setInterval(() => {
    if (restart !== undefined || worksIn(dataDir, server.pid)) return;
    log.error({ serverPid: server.pid }, 'the embedded PostgreSQL has died; starting it again');
    restart = bringUp({ ...options, port: first.port, signal: stopping.signal })
      .then((next) => {
        server = next;
        log.info({ serverPid: server.pid }, 'the embedded PostgreSQL is back');
      })
      .catch((error: unknown) => log.error(error, 'the embedded PostgreSQL does not come back'))
      .finally(() => {
        restart = undefined;
      });
  }, WATCH_INTERVAL_MS);
  return {
    async stop() {
      clearInterval(timer);
      stopping.abort();
      await restart;
      await stopPostmaster(dataDir, server.pid);
    },
  };
}

import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../core/config/config.ts';
import { withClient } from '../core/database/pool.ts';
import { applySchema, applySeed, checkSchema, hasPlans, SETUP_TIMEOUT_MS } from '../core/database/schema.ts';
import { waitForDatabase } from '../core/database/wait.ts';
import type { Logger } from '../core/log.ts';
import { startPostgres } from './postgres/postgres.ts';

/** The database of this gateway, ready for use. */
export interface Database {
  /** For the workers and for every pool. Holds a password: keep it out of logs. */
  readonly url: string;
  /** Whether it is ours, under DATA_DIR. */
  readonly embedded: boolean;
  /** Stops an embedded database. Call it last: what uses the database must be done by then. */
  readonly stop: () => Promise<void>;
}

/** In DATA_DIR while the embedded database runs, for the operator's psql. Readable by its owner only: it holds the password. */
const URL_FILE = 'database-url';

/** For what connects beside the pools: the lease, the listener, an operator's psql. */
const SPARE_CONNECTIONS = 20;

/**
 * Waits for the operator's database and checks its tables, or starts the embedded one and makes them.
 * @param signal gives up the start
 * @throws DatabaseError with a message for the operator, or the signal's reason
 */
export async function openDatabase(config: Config, log: Logger, signal?: AbortSignal): Promise<Database> {
  const url = config.DATABASE_URL;
  if (url === undefined) return openEmbedded(config, log, signal);
  await waitForDatabase(url, config, log, signal);
  await withClient(url, config, 'apipod start', checkSchema);
  return { url, embedded: false, stop: async () => {} };
}

async function openEmbedded(config: Config, log: Logger, signal?: AbortSignal): Promise<Database> {
  const { url, stop } = await startPostgres({
    dataDir: join(config.DATA_DIR, 'postgres'),
    binDir: config.POSTGRES_BIN_DIR,
    // The primary has a pool like each worker.
    connectionsMax: (config.WORKERS + 1) * config.DATABASE_POOL_MAX + SPARE_CONNECTIONS,
    startTimeoutMs: config.DATABASE_START_TIMEOUT_MS,
    settings: config,
    log,
    signal,
  });
  try {
    const patient = { ...config, DATABASE_QUERY_TIMEOUT_MS: SETUP_TIMEOUT_MS };
    await withClient(url, patient, 'apipod setup', async (client) => {
      await applySchema(client);
      // Only into an empty one: a plan that the operator has deleted must not come back with every start.
      if (!(await hasPlans(client))) await applySeed(client);
    });
  } catch (error) {
    await stop();
    throw error;
  }
  const urlFile = join(config.DATA_DIR, URL_FILE);
  await writeFile(urlFile, `${url}\n`, { mode: 0o600 });
  return {
    url,
    embedded: true,
    stop: async () => {
      await rm(urlFile, { force: true });
      await stop();
    },
  };
}

import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { DatabaseError, reasonOf } from '../../core/database/failure.ts';
import { connectionOptions, type DatabaseSettings } from '../../core/database/pool.ts';
import type { Logger } from '../../core/log.ts';

/** Key of the advisory lock; any number that nobody else takes in the database `postgres`. */
const LOCK = 4_117_504_271;

const ACQUIRE_TIMEOUT_MS = 3_000;
const RETRY_INTERVAL_MS = 50;
const REACQUIRE_INTERVAL_MS = 1_000;

const HOLDERS = `
  SELECT application_name AS name FROM pg_locks JOIN pg_stat_activity USING (pid)
  WHERE locktype = 'advisory' AND granted AND (classid::bigint << 32) + objid::bigint = $1`;

/**
 * The right of one gateway to an embedded database. It is a lock inside that database, so it ends with the process
 * that holds it, however that ends, and two can never have it.
 */
export class Lease {
  readonly #url: string;
  readonly #settings: DatabaseSettings;
  readonly #log: Logger;
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #released = false;

  constructor(url: string, settings: DatabaseSettings, log: Logger) {
    this.#url = url;
    this.#settings = settings;
    this.#log = log;
  }

  /** Waits a moment for a holder that was killed just now. @throws DatabaseError that names the gateway that has it */
  async acquire(): Promise<void> {
    const client = new pg.Client(
      connectionOptions(this.#url, this.#settings, `apipod gateway ${process.pid}`),
    );
    client.on('error', () => {});
    const deadline = performance.now() + ACQUIRE_TIMEOUT_MS;
    try {
      await client.connect();
      while (!(await tryLock(client))) {
        if (performance.now() > deadline) throw await taken(client);
        await delay(RETRY_INTERVAL_MS);
      }
    } catch (error) {
      client.end().catch(() => {});
      throw error;
    }
    client.on('end', () => this.#lost());
    this.#client = client;
    if (this.#released) this.release();
  }

  /** The database gives up all leases when it restarts after a crash of its own. */
  #lost(): void {
    if (this.#released) return;
    this.#timer = setTimeout(() => {
      this.acquire().catch((error: unknown) => {
        this.#log.warn({ reason: reasonOf(error) }, 'the embedded database is not under lock');
        this.#lost();
      });
    }, REACQUIRE_INTERVAL_MS);
  }

  release(): void {
    this.#released = true;
    clearTimeout(this.#timer);
    this.#client?.end().catch(() => {});
  }
}

async function tryLock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [
    LOCK,
  ]);
  return rows[0]!.locked;
}

async function taken(client: pg.Client): Promise<DatabaseError> {
  const { rows } = await client.query<{ name: string }>(HOLDERS, [LOCK]);
  const holder = rows[0]?.name ?? 'another gateway';
  return new DatabaseError(
    `The embedded database in DATA_DIR is in use by ${holder} (process id). ` +
      'Give each gateway a DATA_DIR of its own, or all of them the same DATABASE_URL.',
  );
}

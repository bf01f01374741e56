import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Config } from '../config/config.ts';
import type { Logger } from '../log.ts';
import { DatabaseError, isTransient, reasonOf } from './failure.ts';
import { type DatabaseSettings, withClient } from './pool.ts';

const RETRY_INTERVAL_MS = 250;
const LOG_INTERVAL_MS = 5_000;

/**
 * Resolves once the database answers. One that is down or still starts is tried again for
 * `DATABASE_START_TIMEOUT_MS`; one that turns us away (password, name, TLS) is not.
 * @throws DatabaseError, or the signal's reason
 */
export async function waitForDatabase(
  url: string,
  settings: DatabaseSettings & Pick<Config, 'DATABASE_START_TIMEOUT_MS'>,
  log: Logger,
  signal?: AbortSignal,
): Promise<void> {
  const timeoutMs = settings.DATABASE_START_TIMEOUT_MS;
  const deadline = performance.now() + timeoutMs;
  let logAt = 0;
  for (;;) {
    signal?.throwIfAborted();
    try {
      await withClient(url, settings, 'apipod start', (client) => client.query('SELECT 1'));
      return;
    } catch (error) {
      const reason = reasonOf(error);
      if (!isTransient(error)) {
        throw new DatabaseError(`Cannot use ${nameOf(url)}: ${reason}. Check DATABASE_URL.`, error);
      }
      if (performance.now() >= deadline) {
        throw new DatabaseError(
          `${nameOf(url)} has not answered for ${timeoutMs / 1000} s (DATABASE_START_TIMEOUT_MS): ${reason}. ` +
            'Start PostgreSQL, or check DATABASE_URL.',
          error,
        );
      }
      if (performance.now() >= logAt) {
        log.warn({ reason, timeoutMs }, `waiting for ${nameOf(url)}`);
        logAt = performance.now() + LOG_INTERVAL_MS;
      }
    }
    await delay(RETRY_INTERVAL_MS, undefined, signal ? { signal } : {});
  }
}

/** For people: where a connection string leads, without its password. */
export function nameOf(url: string): string {
  try {
    const { database, host, port, user } = new pg.Client({ connectionString: url });
    return `the database ${database} on ${host}:${port}${user ? ` as ${user}` : ''}`;
  } catch {
    return 'the database';
  }
}

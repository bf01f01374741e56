import pg from 'pg';
import type { Config } from '../config/config.ts';
import type { Logger } from '../log.ts';
import { reasonOf } from './failure.ts';

export type DatabaseSettings = Pick<
  Config,
  'DATABASE_POOL_MAX' | 'DATABASE_CONNECT_TIMEOUT_MS' | 'DATABASE_QUERY_TIMEOUT_MS'
>;

/** The server cancels a slow query first, which keeps the connection; a frozen server needs the client's own clock. */
const CLIENT_TIMEOUT_MARGIN_MS = 1_000;
const KEEPALIVE_DELAY_MS = 10_000;
const IDLE_TIMEOUT_MS = 30_000;

/**
 * How every connection is made: with a limit on connecting and on each query, since a driver without them waits for
 * ever on a frozen server.
 * @param name `application_name`, for `pg_stat_activity`
 */
export function connectionOptions(url: string, settings: DatabaseSettings, name: string): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: settings.DATABASE_CONNECT_TIMEOUT_MS,
    statement_timeout: settings.DATABASE_QUERY_TIMEOUT_MS,
    query_timeout: settings.DATABASE_QUERY_TIMEOUT_MS + CLIENT_TIMEOUT_MARGIN_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_DELAY_MS,
  };
}

/** Connects when first used. End it with `end()`. */
export function openPool(url: string, settings: DatabaseSettings, name: string, log: Logger): pg.Pool {
  const pool = new pg.Pool({
    ...connectionOptions(url, settings, name),
    max: settings.DATABASE_POOL_MAX,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
  });
  pool.on('error', (error) => log.warn({ reason: reasonOf(error) }, 'an idle database connection was lost'));
  // A connection that is lost while a query runs on it emits an error beside failing that query. Without a listener
  // that error would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** Connects, hands the connection to `use`, and closes it again. @throws what connecting or `use` throws */
export async function withClient<T>(
  url: string,
  settings: DatabaseSettings,
  name: string,
  use: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client(connectionOptions(url, settings, name));
  client.on('error', () => {});
  try {
    await client.connect();
    return await use(client);
  } finally {
    // Not awaited: a frozen server would keep us here. The socket is gone with its server or with us.
    client.end().catch(() => {});
  }
}

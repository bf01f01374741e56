import pg from 'pg';
import { connectionOptions, type DatabaseSettings, withClient } from '../database/pool.ts';

/** Longest run of one statement: it may have to look at millions of rows. */
const STATEMENT_TIMEOUT_MS = 600_000;
const CLIENT_TIMEOUT_MARGIN_MS = 5_000;
const NAME = 'apipod reconcile';

/**
 * Floats with all their digits, as they were written. From PostgreSQL 14 on the server notices by itself when we have
 * been killed, and stops the query.
 */
const SESSION = `SET extra_float_digits = 1; SET jit = off; SET work_mem = '64MB';
  SELECT set_config(name, '2s', false) FROM pg_settings WHERE name = 'client_connection_check_interval'`;

export interface Connection {
  query<R extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<R[]>;
}

export interface SessionOptions {
  readonly databaseUrl: string;
  readonly databaseSettings: DatabaseSettings;
  /** Ends the query that runs, here and on the server, and the connection. */
  readonly signal: AbortSignal;
}

/** A connection of its own for one audit. @throws what connecting or `use` throws; the signal's reason if it was aborted */
export async function withSession<T>(
  { databaseUrl, databaseSettings, signal }: SessionOptions,
  use: (database: Connection) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const client = new pg.Client({
    ...connectionOptions(databaseUrl, databaseSettings, NAME),
    statement_timeout: STATEMENT_TIMEOUT_MS,
    query_timeout: STATEMENT_TIMEOUT_MS + CLIENT_TIMEOUT_MARGIN_MS,
  });
  client.on('error', () => {});
  let pid: number | undefined;
  const abort = () => {
    // A server that computes does not see that the socket is gone.
    if (pid !== undefined) {
      withClient(databaseUrl, databaseSettings, NAME, (other) =>
        other.query('SELECT pg_cancel_backend($1)', [pid]),
      ).catch(() => {});
    }
    client.end().catch(() => {});
  };
  signal.addEventListener('abort', abort);
  try {
    await client.connect();
    pid = (await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows[0]!.pid;
    await client.query(SESSION);
    signal.throwIfAborted();
    return await use({
      query: async (text, values = []) => (await client.query(text, [...values])).rows,
    });
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    signal.removeEventListener('abort', abort);
    client.end().catch(() => {});
  }
}

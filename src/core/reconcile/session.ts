import pg from 'pg';
import { DatabaseError, reasonOf } from '../database/failure.ts';
import { connectionOptions, type DatabaseSettings, withClient } from '../database/pool.ts';
import { nameOf } from '../database/wait.ts';

/** Longest run of one statement: it may have to look at millions of rows. */
const STATEMENT_TIMEOUT_MS = 600_000;
const CLIENT_TIMEOUT_MARGIN_MS = 5_000;
const NAME = 'apipod reconcile';
/** SQLSTATEs of tables, columns, types and functions that schema.sql would have made. */
const UNDEFINED = new Set(['42P01', '42703', '42704', '42883']);

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

/**
 * A connection of its own for one audit.
 * @throws DatabaseError, with the cause, when the database fails; what `use` throws; the signal's reason
 */
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
  const failed = (error: unknown): never => {
    if (signal.aborted) throw signal.reason;
    const { code } = error as { code?: string };
    const advice = UNDEFINED.has(code ?? '') ? ' Its tables are of an older version: npm run db:setup' : '';
    throw new DatabaseError(`Cannot read ${nameOf(databaseUrl)}: ${reasonOf(error)}.${advice}`, error);
  };
  const query: Connection['query'] = async (text, values = []) =>
    (await client.query(text, [...values]).catch(failed)).rows;
  try {
    await client.connect().catch(failed);
    pid = (await query<{ pid: number }>('SELECT pg_backend_pid() AS pid'))[0]!.pid;
    await query(SESSION);
    return await use({ query });
  } finally {
    signal.removeEventListener('abort', abort);
    client.end().catch(() => {});
  }
}

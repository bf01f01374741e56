import { isTransient } from '../core/database/failure.ts';
import { ProxyError } from '../core/errors.ts';

/** What the admin routes need of `pg.Pool`. */
export interface Database {
  query(text: string, values: unknown[]): Promise<{ readonly rows: Record<string, unknown>[] }>;
}

/**
 * For a query that failed: a database that is away is a 503, anything else a bug.
 * @param message for the log, in place of the error's own
 */
export function databaseError(cause: unknown, message?: string): ProxyError {
  const code = isTransient(cause) ? 'database_unavailable' : 'internal';
  return new ProxyError(code, message === undefined ? { cause } : { message, cause });
}

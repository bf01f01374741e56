import { isTransient } from '../core/database/failure.ts';
import { ProxyError } from '../core/errors.ts';

/** What the admin routes need of `pg.Pool`. */
export interface Database {
  query(text: string, values: unknown[]): Promise<{ readonly rows: Record<string, unknown>[] }>;
}

/** For a query that failed: a database that is away is a 503, anything else a bug. */
export function databaseError(cause: unknown): ProxyError {
  return new ProxyError(isTransient(cause) ? 'directory_unavailable' : 'internal', { cause });
}

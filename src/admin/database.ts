import { ProxyError } from '../core/errors.ts';

/** What the admin routes need of `pg.Pool`. */
export interface Database {
  query(text: string, values: readonly unknown[]): Promise<{ readonly rows: Record<string, unknown>[] }>;
}

/** SQLSTATE; Node's own codes, such as EPIPE, have no digits. */
const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/;
/** The classes of a database that is away or gives up for now: connection, resources, operator, system. */
const AWAY = /^(08|53|57|58)/;

/** A query that failed: a database that is away is a 503, anything else a bug. */
export function databaseError(thrown: unknown): ProxyError {
  if (thrown instanceof ProxyError) return thrown;
  const { code } = thrown as { code?: unknown };
  // What is lost with the connection comes as a plain Error without a code.
  const bug =
    typeof code === 'string' && SQLSTATE.test(code) ? !AWAY.test(code) : thrown instanceof TypeError;
  return new ProxyError(bug ? 'internal' : 'directory_unavailable', { cause: thrown });
}

/**
 * What an INSERT of usage rows has failed of. `rows`: the server does not take one of them, and never will. `answer`:
 * something that may be about one of the rows (a trigger's RAISE, a limit), or may pass (a table that is missing).
 * `slow`: it took too long. `key`: a sequence gives numbers that are taken. `passing`: no row has to do with it.
 */
export type Fault = 'rows' | 'answer' | 'slow' | 'key' | 'passing';

/** https://www.postgresql.org/docs/current/errcodes-appendix.html: all have a digit, unlike most codes of Node. */
const SQLSTATE = /^(?=.*\d)[0-9A-Z]{5}$/;
/** Data exception, integrity constraint violation. */
const ROWS = /^2[23]/;
/**
 * Connection, invalid transaction state (read-only, as a standby is), rollback, resources, object not in the right
 * state (a lock), operator intervention, system error, internal error.
 */
const PASSING = /^(08|25|40|53|55|57|58|XX)/;
const QUERY_CANCELED = '57014';
const UNIQUE_VIOLATION = '23505';
/** What `pg` says when a query runs into its `query_timeout`. */
const CLIENT_TIMEOUT = 'Query read timeout';

/** As `pg` and PL/pgSQL tell of it. */
interface Failure {
  readonly code?: string;
  readonly message?: string;
  readonly table?: string;
  readonly constraint?: string;
}

export function faultOf(error: unknown): Fault {
  const { code, message, table, constraint } = error as Failure;
  if (code === QUERY_CANCELED || message === CLIENT_TIMEOUT) return 'slow';
  // Of a request that is there already nothing is heard.
  if (code === UNIQUE_VIOLATION && constraint?.endsWith('_pkey')) return 'key';
  // Another statement of ours was faster to take the place in the chain.
  if (table === 'usage_batches') return 'passing';
  if (code === undefined || !SQLSTATE.test(code) || PASSING.test(code)) return 'passing';
  return ROWS.test(code) ? 'rows' : 'answer';
}

import pg from 'pg';

/** The database cannot be used. The message is for the operator: it says what to do, and holds no password. */
export class DatabaseError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'DatabaseError';
  }
}

/** SQLSTATE classes that pass: connection, rollback (deadlock), resources, operator (starting, stopping, cancelled). */
const TRANSIENT_CLASSES = /^(08|40|53|57)/;

/** Of errors without SQLSTATE: what comes from a setting, not from the network. */
const LASTING = /SSL|SASL|certificate|self.signed|Invalid URL/i;

/** Whether the same query may succeed later, unchanged, on a new connection. */
export function isTransient(error: unknown): boolean {
  if (error instanceof pg.DatabaseError) return TRANSIENT_CLASSES.test(error.code ?? '');
  const { code, message } = error as { code?: unknown; message?: unknown };
  return !LASTING.test(`${code} ${message}`);
}

/** Of an error, in one line. Node's error for `localhost` refused on IPv4 and IPv6 has a code only. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return message || code || String(error);
}

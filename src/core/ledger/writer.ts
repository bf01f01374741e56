import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Logger } from '../log.ts';
import type { SetAside } from './aside.ts';
import { INSERT_ROWS, type UsageRow } from './row.ts';

/** Back-off while the database does not take rows: doubled each time, up to the maximum, for ever. */
export const RETRY_MIN_MS = 50;
export const RETRY_MAX_MS = 5_000;

/** SQLSTATE classes "data exception" and "integrity constraint violation": trying the same row again is no use. */
const ROW_AT_FAULT = /^2[23]...$/;

export interface WriterOptions {
  /** Stays the caller's. One connection is enough; its timeouts must bound every query. */
  readonly database: Pick<Pool, 'query'>;
  /** Rows in one INSERT. */
  readonly rowsMax: number;
  readonly setAside: SetAside;
  readonly log: Logger;
}

/** Counts since the start; `waiting` is a level. */
export interface WriterStats {
  waiting: number;
  written: number;
  /** Were in the database already. */
  duplicates: number;
  setAside: number;
  /** INSERTs that failed through no fault of a row. */
  failures: number;
}

interface Batch {
  readonly rows: readonly UsageRow[];
  readonly settle: (written: boolean) => void;
}

/**
 * Writes usage rows to PostgreSQL, one INSERT at a time. Batches that arrive meanwhile share the next one, so it
 * needs no timer. A row that the database refuses is bisected out and set aside; any other failure is tried again
 * until it works. `request_id` makes a repeated row harmless.
 */
export class UsageWriter {
  readonly stats: WriterStats = { waiting: 0, written: 0, duplicates: 0, setAside: 0, failures: 0 };

  readonly #options: WriterOptions;
  readonly #stopped = new AbortController();
  readonly #queue: Batch[] = [];
  #current: readonly Batch[] = [];
  #run: Promise<void> | undefined;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /**
   * How much may wait is for the callers to bound.
   * @returns true when all rows have been committed or set aside; false if the writer was stopped before
   */
  write(rows: readonly UsageRow[]): Promise<boolean> {
    if (this.#stopped.signal.aborted) return Promise.resolve(false);
    this.stats.waiting += rows.length;
    return new Promise((settle) => {
      this.#queue.push({ rows, settle });
      this.#run ??= this.#drain();
    });
  }

  /** Goes on until all rows are written or the time is up; then sets aside what is left. */
  async stop(timeoutMs: number): Promise<void> {
    const timer = new AbortController();
    await Promise.race([this.#run, pause(timeoutMs, undefined, { signal: timer.signal }).catch(() => {})]);
    timer.abort();
    this.#stopped.abort();
    const left = [...this.#current, ...this.#queue.splice(0)];
    this.#current = [];
    const rows = left.flatMap((batch) => batch.rows);
    if (rows.length > 0) await this.#setAside(rows, 'not written before the stop; look it up by request_id');
    this.#settle(left, false);
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      this.#current = this.#next();
      await this.#insert(this.#current.flatMap(({ rows }) => rows));
      this.#settle(this.#current, true);
      this.#current = [];
    }
    this.#run = undefined;
  }

  /** Whole batches, as many as fit into one INSERT, but at least one. */
  #next(): Batch[] {
    let rows = this.#queue[0]!.rows.length;
    let count = 1;
    while (count < this.#queue.length) {
      rows += this.#queue[count]!.rows.length;
      if (rows > this.#options.rowsMax) break;
      count++;
    }
    return this.#queue.splice(0, count);
  }

  #settle(batches: readonly Batch[], written: boolean): void {
    for (const { rows, settle } of batches) {
      this.stats.waiting -= rows.length;
      settle(written);
    }
  }

  /** Returns when every row is in the database or set aside, or when the writer has been stopped. */
  async #insert(rows: readonly UsageRow[]): Promise<void> {
    const parts = [rows];
    let retryMs = RETRY_MIN_MS;
    while (parts.length > 0 && !this.#stopped.signal.aborted) {
      const part = parts.pop()!;
      try {
        const query = { name: 'usage_insert', text: INSERT_ROWS, values: [part.join('\n')] };
        const { rowCount } = await this.#options.database.query(query);
        this.stats.written += rowCount ?? 0;
        this.stats.duplicates += part.length - (rowCount ?? 0);
        retryMs = RETRY_MIN_MS;
      } catch (thrown) {
        const { code, message } = thrown as { code?: string; message: string };
        if (code === undefined || !ROW_AT_FAULT.test(code)) {
          parts.push(part);
          await this.#retreat(thrown, retryMs);
          retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
        } else if (part.length === 1) {
          await this.#setAside(part, `${code}: ${message}`);
        } else {
          const half = part.length >>> 1;
          parts.push(part.slice(half), part.slice(0, half));
        }
      }
    }
  }

  async #retreat(err: unknown, retryMs: number): Promise<void> {
    this.stats.failures++;
    const { waiting } = this.stats;
    this.#options.log.warn({ err, waiting, retryMs }, 'usage rows could not be written; trying again');
    await pause(retryMs, undefined, { signal: this.#stopped.signal }).catch(() => {});
  }

  async #setAside(rows: readonly UsageRow[], reason: string): Promise<void> {
    this.stats.setAside += rows.length;
    await this.#options.setAside(rows, reason);
  }
}

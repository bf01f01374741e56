import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { SetAside } from '../../core/ledger/aside.ts';
import type { Logger } from '../../core/log.ts';
import type { UsageRow } from '../../core/types.ts';
import type { HeadFile } from './head.ts';
import { type Inserted, insertRows, isRowAtFault } from './insert.ts';

/**
 * Back-off while the database does not take rows: doubled each time, up to the maximum, for ever. The maximum is low
 * because there is only one of us to a gateway, and what has piled up should be in soon after the database is back.
 */
export const RETRY_MIN_MS = 50;
export const RETRY_MAX_MS = 1_000;

export interface BatchWriterOptions {
  /** Stays the caller's. One connection is enough; its timeouts must bound every query. */
  readonly database: Pick<Pool, 'query'>;
  /** UUID of the chain. */
  readonly node: string;
  readonly head: Pick<HeadFile, 'grow'>;
  readonly setAside: SetAside;
  readonly log: Logger;
}

/**
 * Writes batches of usage rows to PostgreSQL, one at a time. A row that the database refuses is bisected out and set
 * aside; any other failure is tried again until it works.
 */
export class BatchWriter {
  /** Since the start. `duplicates` were in the database already; `failures` are INSERTs that no row was to blame for. */
  readonly stats = { written: 0, duplicates: 0, setAside: 0, failures: 0 };

  readonly #options: BatchWriterOptions;
  readonly #stopped = new AbortController();
  #failing = false;

  constructor(options: BatchWriterOptions) {
    this.#options = options;
  }

  /** Whether the last INSERT has failed, and the next one will be the same again. */
  get failing(): boolean {
    return this.#failing;
  }

  /** @returns true when each row has been committed or set aside; false when stopped before, and nobody knows */
  async write(rows: readonly UsageRow[]): Promise<boolean> {
    const parts = [rows];
    let retryMs = RETRY_MIN_MS;
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      try {
        const result = await this.#insert(part);
        if (result === undefined) return false;
        this.stats.written += result.inserted;
        this.stats.duplicates += part.length - result.inserted;
        if (result.link !== undefined) this.#options.head.grow(result.link);
        this.#failing = false;
        retryMs = RETRY_MIN_MS;
      } catch (error) {
        if (!isRowAtFault(error)) {
          parts.push(part);
          await this.#retreat(error, rows.length, retryMs);
          retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
        } else if (part.length === 1) {
          await this.#setAside(part, error as { code: string; message: string });
        } else {
          const half = part.length >>> 1;
          parts.push(part.slice(half), part.slice(0, half));
        }
      }
    }
    return true;
  }

  /** Gives up what is under way, without waiting for the database. */
  stop(): void {
    this.#stopped.abort();
  }

  /** @returns undefined when stopped */
  async #insert(rows: readonly UsageRow[]): Promise<Inserted | undefined> {
    const { signal } = this.#stopped;
    if (signal.aborted) return undefined;
    const { promise, resolve } = defer();
    signal.addEventListener('abort', resolve, { once: true });
    try {
      return await Promise.race([insertRows(this.#options.database, this.#options.node, rows), promise]);
    } finally {
      signal.removeEventListener('abort', resolve);
    }
  }

  async #retreat(err: unknown, rows: number, retryMs: number): Promise<void> {
    this.#failing = true;
    this.stats.failures++;
    this.#options.log.warn({ err, rows, retryMs }, 'usage rows could not be written; trying again');
    await pause(retryMs, undefined, { signal: this.#stopped.signal }).catch(() => {});
  }

  async #setAside(
    rows: readonly UsageRow[],
    { code, message }: { code: string; message: string },
  ): Promise<void> {
    this.stats.setAside += rows.length;
    await this.#options.setAside(rows, `${code}: ${message}`);
  }
}

function defer(): { readonly promise: Promise<undefined>; readonly resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<undefined>((settle) => {
    resolve = () => settle(undefined);
  });
  return { promise, resolve };
}

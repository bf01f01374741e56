import { setTimeout as pause } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { SetAside } from '../../core/ledger/aside.ts';
import type { Logger } from '../../core/log.ts';
import type { UsageRow } from '../../core/types.ts';
import { BatchSize } from './batch-size.ts';
import { faultOf } from './fault.ts';
import type { HeadFile } from './head.ts';
import { type Inserted, insertRows } from './insert.ts';
import { skipTaken } from './sequence.ts';
import { type Refusal, sift } from './sift.ts';

/**
 * Back-off while the database does not take rows: doubled each time, up to the maximum, for ever. The maximum is low
 * because there is only one of us to a gateway, and what has piled up should be in soon after the database is back.
 */
export const RETRY_MIN_MS = 50;
export const RETRY_MAX_MS = 1_000;

/** So often an answer that may pass is waited out before a row is blamed for it. */
const ANSWER_TRIES = 4;
/** Where so many rows were refused, one INSERT after the other, and none has gone in, the rest need no trying. */
const SINGLES_MAX = 20;

export interface BatchWriterOptions {
  /** Stays the caller's. One connection is enough; its timeouts must bound every query. */
  readonly database: Pick<Pool, 'query'>;
  /** UUID of the chain. */
  readonly node: string;
  readonly head: Pick<HeadFile, 'grow'>;
  readonly setAside: SetAside;
  readonly log: Logger;
}

/** How far a batch has come. */
interface Progress {
  /** Not tried yet. */
  readonly parts: (readonly UsageRow[])[];
  /** With the reason. */
  readonly refused: Map<UsageRow, string>;
  /** Rows that the database has. */
  taken: number;
  /** Answers that were waited out. */
  answers: number;
  /** Rows that were refused one by one. */
  singles: number;
}

/**
 * Writes batches of usage rows to PostgreSQL, one at a time. A row that the database refuses is found and set aside,
 * but only where it takes others: what refuses all rows is a mistake in the database, which somebody will mend. Any
 * other failure is tried again until it works, and a batch that takes too long in smaller ones.
 */
export class BatchWriter {
  /** Since the start. `duplicates` were in the database already; `failures` are INSERTs that no row was to blame for. */
  readonly stats = { written: 0, duplicates: 0, setAside: 0, failures: 0 };

  readonly #options: BatchWriterOptions;
  readonly #stopped = new AbortController();
  readonly #size = new BatchSize();
  #failing = false;
  #asideFailing = false;
  #retryMs = RETRY_MIN_MS;

  constructor(options: BatchWriterOptions) {
    this.#options = options;
  }

  /** Whether the last INSERT has failed, and the next one will be the same again. */
  get failing(): boolean {
    return this.#failing;
  }

  /**
   * @returns the rows that are neither committed nor set aside, to be written again together with others; undefined
   * when stopped before, and nobody knows of any
   */
  async write(rows: readonly UsageRow[]): Promise<readonly UsageRow[] | undefined> {
    const progress: Progress = { parts: [rows], refused: new Map(), taken: 0, answers: 0, singles: 0 };
    const { parts, refused } = progress;
    while (parts.length > 0 && (progress.taken > 0 || progress.singles <= SINGLES_MAX)) {
      const part = this.#size.cut(parts);
      try {
        const result = await this.#unlessStopped(() =>
          insertRows(this.#options.database, this.#options.node, part),
        );
        if (result === undefined) return undefined;
        this.#wrote(part.length, result);
        progress.taken += part.length;
      } catch (error) {
        await this.#failed(error, part, progress);
      }
    }
    if (refused.size === 0) return [];
    if (progress.taken > 0) return this.#setAside(refused);
    const [reason] = refused.values();
    this.#options.log.error(
      { reason, rows: rows.length },
      'the database refuses every usage row; they stay in the journal until it takes one',
    );
    await this.#retreat();
    return rows;
  }

  /** Gives up what is under way, without waiting for the database. */
  stop(): void {
    this.#stopped.abort();
  }

  #wrote(rows: number, { inserted, link }: Inserted): void {
    this.stats.written += inserted;
    this.stats.duplicates += rows - inserted;
    if (link !== undefined) this.#options.head.grow(link);
    this.#failing = false;
    this.#retryMs = RETRY_MIN_MS;
    this.#size.worked(rows);
  }

  /** Decides what becomes of a part that did not go in. */
  async #failed(err: unknown, part: readonly UsageRow[], progress: Progress): Promise<void> {
    const fault = faultOf(err);
    if (fault === 'rows' || (fault === 'answer' && ++progress.answers >= ANSWER_TRIES)) {
      const failure = await this.#blame(err, part, progress);
      if (failure === undefined) return;
      err = failure;
    }
    progress.parts.push(part);
    const cause = faultOf(err);
    if (cause === 'slow') this.#size.failed(part.length);
    this.#options.log.warn(
      { err, rows: part.length, retryMs: this.#retryMs },
      'usage rows could not be written; trying again',
    );
    if (cause === 'key') await this.#skipTaken((err as { table?: string }).table);
    await this.#retreat();
  }

  /** Parts the rows that are refused from the others. @returns a failure that none of them is to blame for */
  async #blame(err: unknown, part: readonly UsageRow[], progress: Progress): Promise<unknown> {
    const { parts, refused } = progress;
    if (part.length === 1) {
      progress.singles++;
      const { code, message } = err as { code: string; message: string };
      refused.set(part[0]!, `${code}: ${message}`);
      return undefined;
    }
    let refusals: readonly Refusal[] | undefined;
    try {
      refusals = await this.#unlessStopped(() => sift(this.#options.database, part));
    } catch (error) {
      if (!isOfRow(error)) return error;
    }
    const other = refusals?.find((refusal) => !isOfRow(refusal));
    if (other !== undefined) return other;
    if (refusals === undefined || refusals.length === 0) {
      // The server does not let us try, or each row alone would go in.
      const half = part.length >>> 1;
      const halves = [part.slice(half), part.slice(0, half)];
      // So that rows at one end that are all refused do not for ever hide the others.
      parts.push(...(Math.random() < 0.5 ? halves : halves.reverse()));
      return undefined;
    }
    for (const { place, code, message } of refusals) refused.set(part[place]!, `${code}: ${message}`);
    const rest = part.filter((row) => !refused.has(row));
    if (rest.length > 0) parts.push(rest);
    return undefined;
  }

  /** @returns the rows that could not be set aside */
  async #setAside(refused: ReadonlyMap<UsageRow, string>): Promise<readonly UsageRow[]> {
    const left: UsageRow[] = [];
    for (const reason of new Set(refused.values())) {
      const rows = [...refused.keys()].filter((row) => refused.get(row) === reason);
      try {
        await this.#options.setAside(rows, reason);
        this.stats.setAside += rows.length;
        this.#asideFailing = false;
      } catch (err) {
        left.push(...rows);
        if (!this.#asideFailing) {
          this.#options.log.error(
            { err, reason },
            'usage rows that the database refuses could not be set aside; they stay in the journal',
          );
        }
        this.#asideFailing = true;
      }
    }
    return left;
  }

  async #skipTaken(table: string | undefined): Promise<void> {
    await this.#unlessStopped(() => skipTaken(this.#options.database, table)).catch((err: unknown) => {
      this.#options.log.warn({ err, table }, 'the sequence of a table is behind, and could not be moved on');
    });
  }

  /** @returns undefined when stopped */
  async #unlessStopped<T>(act: () => Promise<T>): Promise<T | undefined> {
    const { signal } = this.#stopped;
    if (signal.aborted) return undefined;
    const { promise, resolve } = defer();
    signal.addEventListener('abort', resolve, { once: true });
    try {
      return await Promise.race([act(), promise]);
    } finally {
      signal.removeEventListener('abort', resolve);
    }
  }

  async #retreat(): Promise<void> {
    this.#failing = true;
    this.stats.failures++;
    const retryMs = this.#retryMs;
    this.#retryMs = Math.min(retryMs * 2, RETRY_MAX_MS);
    await pause(retryMs, undefined, { signal: this.#stopped.signal }).catch(() => {});
  }
}

function isOfRow(error: unknown): boolean {
  const fault = faultOf(error);
  return fault === 'rows' || fault === 'answer';
}

function defer(): { readonly promise: Promise<undefined>; readonly resolve: () => void } {
  let resolve!: () => void;
  const promise = new Promise<undefined>((settle) => {
    resolve = () => settle(undefined);
  });
  return { promise, resolve };
}

import { setTimeout as pause } from 'node:timers/promises';
import type { Channel } from '../channel.ts';
import type { Config } from '../config/config.ts';
import type { Ledger, UsageRecord } from '../types.ts';
import type { SetAside } from './aside.ts';
import { encodeRow, type UsageRow } from './row.ts';
import type { UsageWriter } from './writer.ts';

/** Batches under way to the primary. The rest waits here, so that neither the pipe nor the primary fills up. */
export const BATCHES_SENT_MAX = 4;

/** How long a worker that stops waits for its last rows to be written, before it sets them aside. */
export const LEDGER_STOP_TIMEOUT_MS = 3_000;

export interface IpcLedgerOptions {
  readonly config: Pick<Config, 'USAGE_BATCH_ROWS_MAX' | 'USAGE_FLUSH_INTERVAL_MS' | 'USAGE_PENDING_MAX'>;
  readonly channel: Channel;
  /** Called once, if the primary goes away: from then on this worker writes its rows itself. */
  readonly openWriter: () => Pick<UsageWriter, 'write'>;
  readonly setAside: SetAside;
}

/**
 * The ledger of a worker: batches go to the primary, and are kept until it has committed them. Without a primary
 * they go to the database directly; rows that the primary wrote before it died are there already, and stay single.
 */
export class IpcLedger implements Ledger {
  readonly #options: IpcLedgerOptions;
  /** Appended, not yet a full batch. */
  #filling: UsageRecord[] = [];
  #timer: NodeJS.Timeout | undefined;
  readonly #full: UsageRecord[][] = [];
  /** Under way, by batch number. */
  readonly #sent = new Map<number, readonly UsageRow[]>();
  #lastBatch = 0;
  #pending = 0;
  /** Hands a batch to whoever writes it and then calls #acknowledge. */
  #deliver: (batch: number, rows: readonly UsageRow[]) => void;
  #whenEmpty: (() => void)[] = [];

  constructor(options: IpcLedgerOptions) {
    this.#options = options;
    this.#deliver = (batch, rows) => options.channel.send('usage', { batch, rows });
    options.channel.on('usageWritten', ({ batch }) => this.#acknowledge(batch));
    options.channel.onDisconnect(() => this.#goDirect());
  }

  get open(): boolean {
    return this.#pending < this.#options.config.USAGE_PENDING_MAX;
  }

  /** Rows that are not known to be in the database. */
  get pending(): number {
    return this.#pending;
  }

  /** @param record from now on the ledger's: it is encoded later */
  append(record: UsageRecord): void {
    const { USAGE_BATCH_ROWS_MAX, USAGE_FLUSH_INTERVAL_MS } = this.#options.config;
    this.#pending++;
    if (this.#filling.push(record) >= USAGE_BATCH_ROWS_MAX) this.#seal();
    else this.#timer ??= setTimeout(() => this.#seal(), USAGE_FLUSH_INTERVAL_MS);
  }

  /** Resolves when every row is in the database. */
  flush(): Promise<void> {
    this.#seal();
    if (this.#pending === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenEmpty.push(resolve));
  }

  /** The last flush, for so long; then sets aside what is left. Nothing may be appended any more. */
  async stop(timeoutMs: number): Promise<void> {
    const timer = new AbortController();
    await Promise.race([this.flush(), pause(timeoutMs, undefined, { signal: timer.signal }).catch(() => {})]);
    timer.abort();
    const rows = [...this.#sent.values(), ...this.#full.map((records) => records.map(encodeRow))].flat();
    this.#sent.clear();
    this.#full.length = 0;
    this.#pending = 0;
    if (rows.length > 0) {
      await this.#options.setAside(rows, 'not acknowledged before the stop; look it up by request_id');
    }
  }

  #seal(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#filling.length === 0) return;
    this.#full.push(this.#filling);
    this.#filling = [];
    this.#send();
  }

  #send(): void {
    while (this.#full.length > 0 && this.#sent.size < BATCHES_SENT_MAX) {
      const rows = this.#full.shift()!.map(encodeRow);
      const batch = ++this.#lastBatch;
      this.#sent.set(batch, rows);
      this.#deliver(batch, rows);
    }
  }

  #acknowledge(batch: number): void {
    const rows = this.#sent.get(batch);
    if (rows === undefined) return;
    this.#sent.delete(batch);
    this.#pending -= rows.length;
    this.#send();
    if (this.#pending > 0) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  /** The primary has gone, and nobody knows which of the batches under way it has written: write them all. */
  #goDirect(): void {
    const writer = this.#options.openWriter();
    this.#deliver = (batch, rows) => {
      void writer.write(rows).then((written) => written && this.#acknowledge(batch));
    };
    for (const [batch, rows] of this.#sent) this.#deliver(batch, rows);
  }
}

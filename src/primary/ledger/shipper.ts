import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Channel } from '../../core/channel.ts';
import type { Config } from '../../core/config/config.ts';
import { isLife, processOf } from '../../core/ledger/journal/life.ts';
import type { Logger } from '../../core/log.ts';
import type { MonotonicMs, UsageRow } from '../../core/types.ts';
import { PIECE_BYTES } from './segment.ts';
import { Tail, type Taken } from './tail.ts';
import type { BatchWriter } from './writer.ts';

/** How often a journal is looked at whose writer says nothing to us: of a primary that was killed, or of the dead. */
export const POLL_INTERVAL_MS = 250;

/** Once full, journals have room again below this part of JOURNAL_BYTES_MAX: not with every batch. */
export const ROOM_AGAIN = 0.9;

/** How long rows that the database does not take wait for others to be tried with. */
export const REFUSED_RETRY_MS = 1_000;

export interface ShipperOptions {
  /** Holds a folder for each life. */
  readonly root: string;
  readonly config: Pick<Config, 'USAGE_BATCH_ROWS_MAX' | 'USAGE_FLUSH_INTERVAL_MS' | 'JOURNAL_BYTES_MAX'>;
  readonly writer: Pick<BatchWriter, 'write' | 'failing' | 'stop'>;
  readonly log: Logger;
  /** The journals hold as much as they may, or have room again. */
  onFull(full: boolean): void;
}

/**
 * Brings the journals into the database: those of the workers that it is attached to, and those that others have left.
 * One loop and one batch at a time: while the database is away, all else stays on disk.
 */
export class Shipper {
  /** Since the start: files with damage, and rows of exchanges that were open when their worker died. */
  readonly stats = { damaged: 0, crashed: 0 };

  readonly #options: ShipperOptions;
  readonly #tails = new Map<string, Tail>();
  /** Lives whose files could not be read or deleted, as the log was told. */
  readonly #failing = new Set<string>();
  /** Rows that the writer gave back. They go into each batch until they are in the database or set aside. */
  #refused: readonly Taken[] = [];
  readonly #scratch = Buffer.allocUnsafe(PIECE_BYTES);
  #full = false;
  #turn = 0;
  #collectedAt: MonotonicMs = 0;
  #scanDue = false;
  #awake = false;
  #wake: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;
  #poll: NodeJS.Timeout | undefined;
  #measuring = false;
  #stopping = false;
  #run: Promise<void> | undefined;

  constructor(options: ShipperOptions) {
    this.#options = options;
  }

  /** Whether the journals hold as much as they may. */
  get full(): boolean {
    return this.#full;
  }

  /** What the journals hold that is not in the database. */
  get bytes(): number {
    return this.#sum('bytes');
  }

  /** Final rows that are not in the database, as far as they have been counted. */
  get rows(): number {
    return this.#sum('rows');
  }

  /** Adopts the journals that are there, and begins. @throws what the file system throws */
  async start(): Promise<void> {
    await this.#scan();
    if (this.#tails.size > 0) {
      this.#options.log.info(
        { journals: this.#tails.size, bytes: this.bytes },
        'usage journals of earlier processes are there; taking them over',
      );
    }
    this.#poll = setInterval(() => this.#look(), POLL_INTERVAL_MS);
    this.#wakeUp();
    this.#run = this.#ship();
  }

  /** Follows the journals of a worker, from what it says of them. */
  attach(channel: Channel): void {
    const { USAGE_BATCH_ROWS_MAX, USAGE_FLUSH_INTERVAL_MS } = this.#options.config;
    const tails = new Set<Tail>();
    channel.on('journal', ({ life, bytes, rows }) => {
      const tail = this.#follow(life);
      tail.attached = channel.connected;
      tails.add(tail);
      tail.told(bytes, rows);
      this.#weigh();
      // Workers wait before they say so; all that we add is that many of them share a batch.
      const waitMs = this.#collectedAt + USAGE_FLUSH_INTERVAL_MS - performance.now();
      if (waitMs <= 0 || this.rows >= USAGE_BATCH_ROWS_MAX) this.#wakeUp();
      else this.#timer ??= setTimeout(() => this.#wakeUp(), waitMs);
    });
    channel.onDisconnect(() => {
      for (const tail of tails) tail.attached = false;
      // It may have died before it could say that it has a journal.
      this.#scanDue = true;
      this.#look();
    });
  }

  /** Ships what is left of the dead, as far as the time allows; the rest stays for the next start. */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopping = true;
    this.#scanDue = true;
    clearInterval(this.#poll);
    const timer = setTimeout(() => this.#options.writer.stop(), timeoutMs);
    // The end of a worker may be known before that of its channel.
    for (const tail of this.#tails.values()) tail.attached = false;
    this.#look();
    await this.#run;
    clearTimeout(timer);
    clearTimeout(this.#timer);
    if (this.#tails.size > 0) {
      this.#options.log.warn(
        { rows: this.rows, bytes: this.bytes },
        'usage that the database has not taken stays in the journal; the next start brings it in',
      );
    }
    for (const tail of this.#tails.values()) tail.close();
  }

  async #ship(): Promise<void> {
    for (;;) {
      await this.#whenAwake();
      this.#collectedAt = performance.now();
      let more: boolean | undefined;
      do more = await this.#shipBatch();
      while (more);
      if (more === undefined) return;
      // Woken again since: by the stop, for one, to which the dead come last.
      if (this.#stopping && !this.#awake) return;
      if (this.#refused.length > 0) this.#timer ??= setTimeout(() => this.#wakeUp(), REFUSED_RETRY_MS);
    }
  }

  /** @returns whether there is more to ship; undefined when the writer has been stopped */
  async #shipBatch(): Promise<boolean | undefined> {
    const { writer, config } = this.#options;
    const batch = [...this.#refused, ...(await this.#collect())];
    const left = batch.length > 0 ? await writer.write(batch.map(({ row }) => row)) : [];
    if (left === undefined) return undefined;
    this.#settle(batch, left);
    await this.#sweep();
    this.#weigh();
    // A batch that is not full leaves nothing behind: what comes now may wait for company.
    const full = batch.length >= config.USAGE_BATCH_ROWS_MAX || this.#stopping;
    return full && batch.length > this.#refused.length;
  }

  /** @param left rows that the writer gave back */
  #settle(batch: readonly Taken[], left: readonly UsageRow[]): void {
    const refused = new Set(left);
    // To look a row up takes a hash of its whole text, and hardly ever is one given back.
    const isRefused = ({ row }: Taken) => refused.size > 0 && refused.has(row);
    this.#refused = batch.filter(isRefused);
    for (const taken of batch) {
      if (isRefused(taken)) continue;
      taken.tail.settle(taken);
      if (taken.crashed) this.stats.crashed++;
    }
  }

  async #collect(): Promise<Taken[]> {
    if (this.#scanDue) await this.#rescan();
    const batch = await this.#fill();
    if (batch.length > 0) return batch;
    if (![...this.#tails.values()].some(({ ended, settled }) => ended && !settled)) return batch;
    // The last row of an open exchange may be in another journal of the same process, so all of them come first.
    await this.#rescan();
    const late = await this.#fill();
    if (late.length > 0) return late;
    for (const tail of this.#tails.values()) {
      if (tail.ended && !tail.settled && this.#hasEnded(processOf(tail.life))) tail.settleOpen();
    }
    return this.#fill();
  }

  #hasEnded(process: string): boolean {
    return [...this.#tails.values()].every((tail) => tail.ended || processOf(tail.life) !== process);
  }

  /** A batch with rows from each journal in turn. */
  async #fill(): Promise<Taken[]> {
    const max = this.#options.config.USAGE_BATCH_ROWS_MAX - this.#refused.length;
    const tails = [...this.#tails.values()];
    const share = Math.ceil(max / tails.length);
    const batch: Taken[] = [];
    for (let idle = 0; idle < tails.length && batch.length < max; ) {
      const tail = tails[this.#turn++ % tails.length]!;
      const rows =
        (await this.#try(tail, () => tail.take(Math.min(share, max - batch.length), this.#scratch))) ?? [];
      idle = rows.length === 0 ? idle + 1 : 0;
      batch.push(...rows);
    }
    return batch;
  }

  async #sweep(): Promise<void> {
    for (const tail of this.#tails.values()) {
      await this.#try(tail, () => tail.sweep());
      if (!tail.finished) continue;
      this.#tails.delete(tail.life);
      this.#failing.delete(tail.life);
    }
  }

  /** What fails for one journal is tried again with the next look, and holds up no other. */
  async #try<T>(tail: Tail, act: () => Promise<T>): Promise<T | undefined> {
    try {
      const result = await act();
      this.#failing.delete(tail.life);
      return result;
    } catch (err) {
      if (!this.#failing.has(tail.life)) {
        this.#options.log.error(
          { err, life: tail.life },
          'a journal cannot be read or cleared; trying again',
        );
      }
      this.#failing.add(tail.life);
      return undefined;
    }
  }

  /** Adopts what nobody has told us of. */
  async #scan(): Promise<void> {
    this.#scanDue = false;
    for (const name of await readdir(this.#options.root)) {
      if (!isLife(name) || this.#tails.has(name)) continue;
      const tail = this.#follow(name);
      await this.#try(tail, () => tail.measure());
    }
    this.#weigh();
  }

  async #rescan(): Promise<void> {
    try {
      await this.#scan();
    } catch (err) {
      this.#scanDue = true;
      this.#options.log.error({ err }, 'the folder of the journals cannot be read; trying again');
    }
  }

  #follow(life: string): Tail {
    let tail = this.#tails.get(life);
    if (tail === undefined) {
      const { root, log } = this.#options;
      const onDamage = () => this.stats.damaged++;
      tail = new Tail({ folder: join(root, life), life, log, onDamage });
      this.#tails.set(life, tail);
    }
    return tail;
  }

  #look(): void {
    const silent = [...this.#tails.values()].filter(
      ({ attached, life }) => !attached || this.#failing.has(life),
    );
    for (const tail of silent) tail.look();
    if (silent.length > 0 || this.#scanDue) this.#wakeUp();
    // Otherwise they are read, which tells as much.
    if (this.#options.writer.failing) void this.#measure(silent);
  }

  async #measure(tails: readonly Tail[]): Promise<void> {
    if (this.#measuring) return;
    this.#measuring = true;
    for (const tail of tails) await this.#try(tail, () => tail.measure());
    this.#measuring = false;
    this.#weigh();
  }

  #weigh(): void {
    const { onFull, config, log } = this.#options;
    const bound = this.#full ? config.JOURNAL_BYTES_MAX * ROOM_AGAIN : config.JOURNAL_BYTES_MAX;
    const full = this.bytes >= bound;
    if (full === this.#full) return;
    this.#full = full;
    const state = { bytes: this.bytes, bytesMax: config.JOURNAL_BYTES_MAX };
    if (full) log.error(state, 'the usage journals are full, because the database takes no rows');
    else log.info(state, 'the usage journals have room again');
    onFull(full);
  }

  #sum(part: 'bytes' | 'rows'): number {
    let sum = 0;
    for (const { backlog } of this.#tails.values()) sum += backlog[part];
    return sum;
  }

  #wakeUp(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#awake = true;
    this.#wake?.();
  }

  async #whenAwake(): Promise<void> {
    if (!this.#awake) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#awake = false;
  }
}

import { readdirSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as immediate } from 'node:timers/promises';
import { unlessMissing } from '../../core/ledger/files.ts';
import { FINAL } from '../../core/ledger/journal/block.ts';
import { isAlive, segmentName, segmentNumber } from '../../core/ledger/journal/life.ts';
import { requestIdOf } from '../../core/ledger/row.ts';
import type { Logger } from '../../core/log.ts';
import type { UsageRow } from '../../core/types.ts';
import { Backlog } from './backlog.ts';
import { OpenRows } from './open.ts';
import { Segment, type Stop, writtenBytes } from './segment.ts';

/** A row on its way from a journal to the database. */
export interface Taken {
  readonly row: UsageRow;
  readonly tail: Tail;
  readonly segment: Segment;
  /** Its exchange was still open when its worker died. */
  readonly crashed: boolean;
}

export interface TailOptions {
  readonly folder: string;
  /** Name of the folder. */
  readonly life: string;
  readonly log: Logger;
  onDamage(): void;
}

/**
 * Follows the journal of one life of one worker: hands out its final rows in order, and deletes its segments in order
 * when nothing in them is needed any more. When the writer has died it reads on to the end, hands out the latest rows
 * of the exchanges that were open, and takes the folder away. For one caller at a time.
 */
export class Tail {
  readonly backlog = new Backlog();
  /** Its writer tells us what it writes. Otherwise somebody must call `look` from time to time. */
  attached = false;

  readonly #options: TailOptions;
  /** Not deleted yet, oldest first. The last one is being read. */
  readonly #segments: Segment[] = [];
  /** Comes after the last of `#segments`. Once it is known, that one will not grow any more. */
  #following: number | undefined;
  #lastNumber = 0;
  readonly #open = new OpenRows();
  readonly #ready: Taken[] = [];
  #news = true;
  #dead = false;
  #ended = false;
  #settled = false;

  constructor(options: TailOptions) {
    this.#options = options;
  }

  get life(): string {
    return this.#options.life;
  }

  /** The writer is dead, and all that it wrote has been read. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The rows of open exchanges have been made ready. */
  get settled(): boolean {
    return this.#settled;
  }

  /** All that was ever in it is settled, and its files are gone. */
  get finished(): boolean {
    return this.#settled && this.#segments.length === 0 && this.#ready.length === 0;
  }

  /** The writer says how much it has written. @param rows final ones */
  told(bytes: number, rows: number): void {
    this.backlog.told(bytes, rows);
    this.#news = true;
  }

  /** Has the next `take` look for news. */
  look(): void {
    this.#news = true;
  }

  /** Looks how much there is to read. @throws what the file system throws */
  async measure(): Promise<void> {
    const current = this.#segments.at(-1);
    let bytes = 0;
    for (const number of this.#numbers()) {
      if (number < (current?.number ?? 0)) continue;
      const written = await writtenBytes(join(this.#options.folder, segmentName(number)));
      bytes += number === current?.number ? Math.max(0, written - current.at) : written;
    }
    this.backlog.measured(bytes);
  }

  /** The next rows, in order; none: there are no more for now. @throws what the file system throws */
  async take(max: number, scratch: Buffer): Promise<Taken[]> {
    if (this.#ready.length === 0 && this.#news && !this.#ended) {
      // Looked at before the journal is read, so that all that a dead writer has written is there to be read.
      if (!this.attached) this.#dead ||= !isAlive(this.life);
      // What is told while we read may lie behind where we look.
      this.#news = false;
      const caughtUp = this.backlog.begin();
      let more = true;
      try {
        for (more = this.#readOn(scratch); more && this.#ready.length < max; more = this.#readOn(scratch)) {
          // However much there is to read, signals and workers are heard.
          await immediate();
        }
      } finally {
        this.#news ||= more;
      }
      if (!more) caughtUp();
    }
    return this.#ready.splice(0, max);
  }

  /** Puts the rows of the open exchanges among those to take. Only for a tail that has `ended`. */
  settleOpen(): void {
    this.#settled = true;
    const { log, life } = this.#options;
    if (this.#open.size > 0)
      log.warn(
        { life, rows: this.#open.size },
        'exchanges were open when their worker died; booking them so',
      );
    for (const { row, segment } of this.#open.takeAll()) {
      segment.open--;
      this.#makeReady(row, segment, true);
    }
  }

  /** A row that was taken is in the database or set aside. */
  settle({ row, segment }: Taken): void {
    segment.pending--;
    this.backlog.settled(row);
  }

  /** Deletes what is not needed any more. @throws what the file system throws; it may be called again */
  async sweep(): Promise<void> {
    for (let oldest = this.#segments[0]; oldest?.done; oldest = this.#segments[0]) {
      if (oldest.pending > 0 || oldest.open > 0) return;
      await oldest.dispose().catch(unlessMissing);
      this.#segments.shift();
    }
    if (this.finished) await this.#removeFolder();
  }

  close(): void {
    this.#segments.at(-1)?.close();
  }

  /** Reads a piece. @returns false at the end of what there is */
  #readOn(scratch: Buffer): boolean {
    const segment = this.#current();
    if (segment === undefined) {
      this.#ended = this.#dead;
      return false;
    }
    const before = segment.at;
    const stop = this.#read(segment, scratch);
    this.backlog.read(segment.at - before);
    if (segment.done) return true;
    if (stop === undefined) return true;
    const last = this.#following === undefined;
    if (last) {
      this.#following = this.#after(segment.number);
      // It may have grown between the two looks, and will not any more: read on once again.
      if (this.#following !== undefined) return true;
      // A block that cannot be read may be one that is just being written.
      if (!this.#dead) return false;
    }
    this.#tell(segment.finish(stop, last, scratch), segment);
    this.#ended = last;
    return !last;
  }

  #read(segment: Segment, scratch: Buffer): Stop | undefined {
    try {
      return segment.read(scratch, (kind, row) => this.#record(kind, row, segment));
    } catch (error) {
      // What somebody has deleted must not hold up what comes behind it.
      unlessMissing(error as NodeJS.ErrnoException);
      segment.done = true;
      this.#tell('damaged', segment);
      return undefined;
    }
  }

  /** The segment to read; undefined: there is none yet. */
  #current(): Segment | undefined {
    const current = this.#segments.at(-1);
    if (current?.done === false) return current;
    const number = this.#following ?? this.#after(this.#lastNumber);
    if (number === undefined) return undefined;
    this.#following = undefined;
    this.#lastNumber = number;
    const segment = new Segment(this.#options.folder, number);
    this.#segments.push(segment);
    return segment;
  }

  #record(kind: string, row: UsageRow, segment: Segment): void {
    const id = requestIdOf(row);
    const earlier = this.#open.take(id);
    if (earlier !== undefined) earlier.segment.open--;
    if (kind === FINAL) this.#makeReady(row, segment, false);
    else {
      segment.open++;
      this.#open.add(id, { row, segment });
    }
  }

  #makeReady(row: UsageRow, segment: Segment, crashed: boolean): void {
    segment.pending++;
    this.backlog.ready(row);
    this.#ready.push({ row, segment, crashed, tail: this });
  }

  /** The next segment behind that one. */
  #after(number: number): number | undefined {
    const behind = this.#numbers().filter((other) => other > number);
    return behind.length === 0 ? undefined : Math.min(...behind);
  }

  #numbers(): number[] {
    try {
      return readdirSync(this.#options.folder)
        .map(segmentNumber)
        .filter((number) => number !== undefined);
    } catch (error) {
      unlessMissing(error as NodeJS.ErrnoException);
      return [];
    }
  }

  #tell(verdict: 'whole' | 'torn' | 'damaged', { path, at }: Segment): void {
    const { log, onDamage } = this.#options;
    if (verdict === 'torn') {
      log.info({ file: path, at }, 'the last write of a dead worker was cut off; it was never acknowledged');
    } else if (verdict === 'damaged') {
      log.error(
        { file: path, at },
        'a file of the journal is damaged or gone from there on; what is left of it will be kept',
      );
      onDamage();
    }
  }

  /** Damaged files stay, and the folder with them. */
  async #removeFolder(): Promise<void> {
    const { folder } = this.#options;
    await rm(join(folder, 'spare'), { force: true });
    await rmdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') unlessMissing(error);
    });
  }
}

import { setImmediate as immediate } from 'node:timers/promises';
import type { Logger } from '../../log.ts';
import { Deferred } from './deferred.ts';
import type { Disk } from './disk.ts';
import type { Segments } from './segments.ts';

/** Of blocks that were written and not synced: they are kept in memory until then. */
const UNSYNCED_CHARS_MAX = 67_108_864;
/** From here on a sync waits for no timer. */
const UNSYNCED_CHARS_URGENT = UNSYNCED_CHARS_MAX / 2;
/** Of what is written again in one turn of the event loop. */
const REWRITE_CHARS_MAX = 1_048_576;

export interface SyncOptions {
  /** After a write, before a sync begins. 0: at once. */
  readonly delayMs: number;
  readonly retryIntervalMs: number;
  /** The descriptor of the folder: the names of new segments have to last too. */
  readonly folderFd: number;
  readonly disk: Disk;
  readonly log: Pick<Logger, 'error'>;
}

/**
 * Brings what was written to the disk itself, one sync at a time. After a sync that failed the system may have dropped
 * the data and say that all is well the next time, so it is never tried again on the same file: everything since the
 * last good one is written again into a new segment. See https://lwn.net/Articles/752063/.
 */
export class Sync {
  readonly #options: SyncOptions;
  readonly #segments: Segments;
  /** What was written since the last good sync began, a block each. */
  readonly #unsynced: string[] = [];
  #unsyncedChars = 0;
  /** Descriptors of sealed segments, each for its last sync. */
  readonly #sealed: number[] = [];
  /** Waits for the next sync that begins. */
  #next: Deferred | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running = false;
  #rewriting = false;
  /** Names of files have changed since the last good sync began. */
  #renamed = true;
  #broken = false;
  #failures = 0;

  constructor(segments: Segments, options: SyncOptions) {
    this.#segments = segments;
    this.#options = options;
  }

  get failures(): number {
    return this.#failures;
  }

  /** The disk does not keep up, or fails. */
  get behind(): boolean {
    return this.#broken || this.#unsyncedChars > UNSYNCED_CHARS_MAX;
  }

  /** What is to be written now has to be queued: it comes behind what is being written again. */
  get rewriting(): boolean {
    return this.#rewriting;
  }

  /** @param text of a block that is written when its turn comes */
  queue(text: string): void {
    this.#unsynced.push(text);
    this.#unsyncedChars += text.length;
  }

  /** @param fd of a segment that was sealed; closed after its sync */
  sealed(fd: number): void {
    this.#sealed.push(fd);
    this.#renamed = true;
  }

  /** @param text of a block that was just written */
  wrote(text: string): void {
    this.queue(text);
    if (this.#urgent) this.#scheduleNow();
    else this.#schedule(this.#options.delayMs);
  }

  /** Resolves when everything that was written so far is on the disk. Never rejects. */
  done(): Promise<void> {
    if (this.#unsynced.length === 0 && this.#sealed.length === 0 && !this.#running) return Promise.resolve();
    this.#next ??= new Deferred();
    const { promise } = this.#next;
    this.#scheduleNow();
    return promise;
  }

  /** The last sync. Nothing may be written any more. */
  async close(): Promise<void> {
    await this.done();
    clearTimeout(this.#timer);
    for (const fd of this.#sealed.splice(0)) this.#options.disk.close(fd);
  }

  get #urgent(): boolean {
    return this.#unsyncedChars > UNSYNCED_CHARS_URGENT;
  }

  /** A disk that fails is left alone until its time comes. */
  #scheduleNow(): void {
    if (this.#broken) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#schedule(0);
  }

  #schedule(delayMs: number): void {
    if (this.#running || this.#timer !== undefined) return;
    if (delayMs === 0) void this.#run();
    else {
      this.#timer = setTimeout(() => {
        this.#timer = undefined;
        void this.#run();
      }, delayMs);
    }
  }

  async #run(): Promise<void> {
    this.#running = true;
    // Whoever wrote may still want to wait for this sync.
    await null;
    const waiting = this.#next;
    this.#next = undefined;
    const failed = this.#broken;
    try {
      if (failed) await this.#rewrite();
      await this.#sync();
      this.#broken = false;
      waiting?.resolve();
    } catch (err) {
      this.#broken = true;
      this.#failures++;
      this.#options.log.error(
        { err },
        'the journal could not be synced; it is written again into a new file',
      );
      this.#putBack(waiting);
    }
    this.#running = false;
    if (this.#broken) this.#schedule(failed ? this.#options.retryIntervalMs : 0);
    else if (this.#unsynced.length > 0)
      this.#schedule(this.#next || this.#urgent ? 0 : this.#options.delayMs);
    else this.#release();
  }

  /** Whoever waited for a sync that failed waits for the next one. */
  #putBack(waiting: Deferred | undefined): void {
    if (this.#next === undefined) this.#next = waiting;
    else if (waiting !== undefined) void this.#next.promise.then(waiting.resolve);
  }

  #release(): void {
    this.#next?.resolve();
    this.#next = undefined;
  }

  /** @throws if any of the files failed */
  async #sync(): Promise<void> {
    const { disk, folderFd } = this.#options;
    const blocks = this.#unsynced.length;
    const sealed = this.#sealed.slice();
    const files = [...sealed, this.#segments.fd];
    if (this.#renamed) files.push(folderFd);
    this.#renamed = false;
    for (const fd of files) await disk.fdatasync(fd);
    for (const fd of this.#sealed.splice(0, sealed.length)) disk.close(fd);
    for (const text of this.#unsynced.splice(0, blocks)) this.#unsyncedChars -= text.length;
  }

  /** Rejects if it cannot be written. */
  async #rewrite(): Promise<void> {
    this.#segments.begin();
    for (const fd of this.#sealed.splice(0)) this.#options.disk.close(fd);
    this.#rewriting = true;
    try {
      let chars = 0;
      // What comes meanwhile is written as well.
      for (const text of this.#unsynced) {
        if (chars >= REWRITE_CHARS_MAX) {
          await immediate();
          chars = 0;
        }
        this.#segments.write(text);
        chars += text.length;
      }
    } finally {
      this.#rewriting = false;
    }
  }
}

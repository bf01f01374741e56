import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from '../../log.ts';
import type { Disk } from './disk.ts';
import { segmentNumber } from './life.ts';

/** How soon it is noticed that segments were shipped. */
const OVER_POLL_INTERVAL_MS = 100;

export interface ReserveOptions {
  readonly folder: string;
  readonly segmentBytes: number;
  /** Of the sealed segments of this journal. The primary knows better, and says so; this is for when there is none. */
  readonly bytesMax: number;
  /** Whether the zeros have to be on the disk itself. */
  readonly synced: boolean;
  readonly retryIntervalMs: number;
  readonly disk: Disk;
  readonly log: Pick<Logger, 'warn' | 'info'>;
}

/** The segment that waits to be the next one, its room taken beforehand: a full disk is noticed while there is some. */
export class Reserve {
  readonly #options: ReserveOptions;
  readonly #path: string;
  #fd: number | undefined;
  #preparing = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #denied = false;
  #over = false;
  #closed = false;

  constructor(options: ReserveOptions) {
    this.#options = options;
    this.#path = join(options.folder, 'spare');
  }

  get ready(): boolean {
    return this.#fd !== undefined;
  }

  /** The disk had no room for it when it was last tried. */
  get denied(): boolean {
    return this.#denied;
  }

  /** The segments that wait to be shipped are as many as may be. */
  get over(): boolean {
    return this.#over;
  }

  /** @param path its new name. @returns its descriptor; undefined if it is not ready. @throws if it cannot be renamed */
  take(path: string): number | undefined {
    if (this.#fd === undefined) return undefined;
    this.#options.disk.rename(this.#path, path);
    const fd = this.#fd;
    this.#fd = undefined;
    return fd;
  }

  /** Lets go of it, and of its file. */
  forget(): void {
    if (this.#fd === undefined) return;
    this.#options.disk.close(this.#fd);
    this.#fd = undefined;
  }

  /** Sees to it that there is one soon. Never rejects; resolves when it was tried, after what is under way. */
  prepare(): Promise<void> {
    this.#preparing = this.#preparing.then(() => this.#prepare());
    return this.#preparing;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#preparing;
    if (this.#fd === undefined) return;
    this.#options.disk.close(this.#fd);
    this.#fd = undefined;
    await rm(this.#path, { force: true });
  }

  async #prepare(): Promise<void> {
    if (this.#closed) return;
    const { disk, log, segmentBytes, synced, retryIntervalMs } = this.#options;
    try {
      this.#over = await this.#isOver();
      this.#fd ??= await disk.allocate(this.#path, segmentBytes, synced);
      if (this.#denied) log.info('there is room for the journal again');
      this.#denied = false;
    } catch (err) {
      if (!this.#denied) log.warn({ err }, 'there is no room for the next segment of the journal');
      this.#denied = true;
    }
    if (this.#closed || !(this.#denied || this.#over)) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(
      () => this.prepare(),
      this.#denied ? retryIntervalMs : Math.min(retryIntervalMs, OVER_POLL_INTERVAL_MS),
    );
  }

  async #isOver(): Promise<boolean> {
    const { folder, segmentBytes, bytesMax } = this.#options;
    const names = await readdir(folder);
    const segments = names.filter((name) => segmentNumber(name) !== undefined).length;
    return (segments - 1) * segmentBytes >= bytesMax;
  }
}

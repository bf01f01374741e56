import { join } from 'node:path';
import { HEAD_BYTES, PAYLOAD_BYTES_MAX, sealBlock } from './block.ts';
import type { Disk } from './disk.ts';
import { segmentName } from './life.ts';
import type { Reserve } from './reserve.ts';

const SCRATCH_BYTES = 65_536;
const UTF8_BYTES_PER_CHAR_MAX = 3;

export interface SegmentsOptions {
  readonly folder: string;
  readonly segmentBytes: number;
  readonly disk: Disk;
  readonly reserve: Reserve;
  /** Takes over the descriptor of a segment that nothing will be written to any more. */
  readonly onSealed: (fd: number) => void;
}

/** The files of a journal from the writer's side: blocks go behind each other in the last one, and never into two. */
export class Segments {
  readonly #options: SegmentsOptions;
  #scratch = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  #fd = -1;
  #number = 0;
  #position = 0;
  /** The room of the file was taken beforehand. */
  #reserved = false;
  /** Bytes of a block that was not written whole, at the position. */
  #torn = 0;
  #bytes = 0;

  constructor(options: SegmentsOptions) {
    this.#options = options;
  }

  /** Of the segment that is written to. */
  get number(): number {
    return this.#number;
  }

  get fd(): number {
    return this.#fd;
  }

  /** Bytes of all blocks written so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Writes one block. @throws if it is not written; the next one then takes its place */
  write(text: string): void {
    const block = this.#encode(text);
    // What stands behind a torn block would not be found.
    if (this.#torn > 0 && !this.#erase()) this.begin();
    const fits = this.#position + block.length <= this.#options.segmentBytes;
    // A block that is larger than a segment has one to itself, which grows.
    if (!fits && this.#position > 0) this.begin();
    try {
      this.#put(block);
    } catch (err) {
      // The reserve has room where this file may have none.
      const asGood = this.#position === 0 && this.#reserved;
      if (asGood || !this.#options.reserve.ready) throw err;
      this.begin();
      this.#put(block);
    }
  }

  /** Begins the next segment. @throws if that cannot be */
  begin(): void {
    const { folder, disk, reserve, onSealed } = this.#options;
    const path = join(folder, segmentName(this.#number + 1));
    const reserved = reserve.take(path);
    const fd = reserved ?? disk.create(path);
    const sealed = this.#fd;
    this.#fd = fd;
    this.#reserved = reserved !== undefined;
    this.#number++;
    this.#position = 0;
    this.#torn = 0;
    if (sealed >= 0) onSealed(sealed);
    void reserve.prepare();
  }

  /** Whether the segment still has a name: somebody may have deleted it, or the folder. */
  get named(): boolean {
    return this.#options.disk.isNamed(this.#fd);
  }

  /**
   * Begins a new segment with all that stands in this one, which has lost its name, and of which nobody knows how much
   * has been read. @throws if that cannot be
   */
  restore(): void {
    const { folder, disk, reserve } = this.#options;
    const bytes = disk.read(this.#fd, this.#position);
    disk.makeFolder(folder);
    // Its name has most likely gone too.
    reserve.forget();
    this.begin();
    if (disk.write(this.#fd, bytes, 0) !== bytes.length) throw new Error('there is no room for it');
    this.#position = bytes.length;
  }

  close(): void {
    this.#options.disk.close(this.#fd);
    this.#fd = -1;
  }

  /** @returns a view of the scratch buffer */
  #encode(text: string): Buffer {
    const needed = HEAD_BYTES + text.length * UTF8_BYTES_PER_CHAR_MAX;
    if (needed > this.#scratch.length) {
      this.#scratch = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#scratch.length));
    }
    const block = this.#scratch.subarray(0, HEAD_BYTES + this.#scratch.write(text, HEAD_BYTES));
    sealBlock(block);
    return block;
  }

  #put(block: Buffer): void {
    const written = this.#options.disk.write(this.#fd, block, this.#position);
    if (written === block.length) {
      this.#position += written;
      this.#bytes += written;
      return;
    }
    this.#torn = written;
    this.#erase();
    throw new Error(`only ${written} of ${block.length} bytes were written`);
  }

  /**
   * The block that will stand there may be a shorter one: nothing of the torn one must look out behind it. And if none
   * will, a reader would take it for damage.
   * @returns whether nothing is left of it
   */
  #erase(): boolean {
    const { disk } = this.#options;
    try {
      if (disk.write(this.#fd, Buffer.alloc(this.#torn), this.#position) === this.#torn) this.#torn = 0;
    } catch {}
    if (this.#torn === 0) return true;
    try {
      disk.truncate(this.#fd, this.#position);
    } catch {
      return false;
    }
    this.#torn = 0;
    this.#reserved = false;
    return true;
  }
}

/** So many characters of text always make a block that fits into a segment. */
export function blockChars(segmentBytes: number): number {
  return Math.floor(Math.min(PAYLOAD_BYTES_MAX, segmentBytes - HEAD_BYTES) / UTF8_BYTES_PER_CHAR_MAX);
}

import { closeSync, openSync, readSync } from 'node:fs';
import { open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { blockAt, eachRecord, HEAD_BYTES, PAYLOAD_BYTES_MAX } from '../../core/ledger/journal/block.ts';
import { segmentName } from '../../core/ledger/journal/life.ts';

/** One read. Larger only for a block that is larger itself. */
export const PIECE_BYTES = 262_144;
const ZEROS = Buffer.alloc(PIECE_BYTES);
/** So many bytes of blocks hold one at least that is not zero: a block's head may have zeros, its text has none. */
const PROBE_BYTES = 64;

/** Why no further block could be read. */
export type Stop =
  /** Nothing was written behind the last block. */
  | 'end'
  /** A block runs over the end of the file. */
  | 'cut'
  | 'bad';

/**
 * One file of a journal, read block by block, and how much of what was in it is not settled. It is read synchronously:
 * what has just been written is in the system's cache, and a trip to the thread pool and back costs more CPU than that.
 */
export class Segment {
  readonly number: number;
  readonly #path: string;
  /** Rows that were handed out and are not settled. */
  pending = 0;
  /** Exchanges whose latest row, not a final one, is in here. */
  open = 0;
  /** No more of it will be read. */
  done = false;
  damaged = false;
  #fd: number | undefined;
  #at = 0;

  constructor(folder: string, number: number) {
    this.number = number;
    this.#path = join(folder, segmentName(number));
  }

  get path(): string {
    return this.#path;
  }

  /** Where the next block begins: so many bytes have been read. */
  get at(): number {
    return this.#at;
  }

  /**
   * Reads some blocks. @param scratch PIECE_BYTES of room @returns undefined: there is more
   * @throws what the file system throws
   */
  read(scratch: Buffer, use: (kind: string, row: string) => void): Stop | undefined {
    let room = scratch;
    for (;;) {
      const bytes = this.#bytesAt(this.#at, room);
      const ofFile = bytes.length < room.length;
      let at = 0;
      let found = blockAt(bytes, at);
      while (found.kind === 'block') {
        eachRecord(found.payload, use);
        at = found.end;
        found = blockAt(bytes, at);
      }
      this.#at += at;
      if (found.kind === 'end') return ofFile || bytes.length - at >= HEAD_BYTES ? 'end' : undefined;
      if (at > 0) return undefined;
      if (found.kind === 'bad') return 'bad';
      if (found.kind === 'short' && ofFile) return 'cut';
      room = Buffer.allocUnsafe(found.kind === 'short' ? found.bytes : room.length);
    }
  }

  /**
   * Closes the file, of which no more will be written.
   * @param last nothing follows in this journal: a write that the death of its writer has cut is not damage
   */
  finish(stop: Stop, last: boolean, scratch: Buffer): 'whole' | 'torn' | 'damaged' {
    const verdict = this.#judge(stop, last, scratch);
    this.damaged = verdict === 'damaged';
    this.done = true;
    this.close();
    return verdict;
  }

  close(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd !== undefined) closeSync(fd);
  }

  /** Takes the file away; a damaged one is kept for people to look at. */
  async dispose(): Promise<void> {
    this.close();
    await (this.damaged ? rename(this.#path, `${this.#path}.damaged`) : unlink(this.#path));
  }

  #judge(stop: Stop, last: boolean, scratch: Buffer): 'whole' | 'torn' | 'damaged' {
    if (stop === 'end') return this.#onlyZerosFrom(this.#at, scratch) ? 'whole' : 'damaged';
    if (!last) return 'damaged';
    if (stop === 'cut') return 'torn';
    const head = this.#bytesAt(this.#at, scratch.subarray(0, HEAD_BYTES));
    const length = head.readUInt32LE(0);
    if (length > PAYLOAD_BYTES_MAX) return 'damaged';
    return this.#onlyZerosFrom(this.#at + HEAD_BYTES + length, scratch) ? 'torn' : 'damaged';
  }

  #onlyZerosFrom(from: number, scratch: Buffer): boolean {
    for (let at = from; ; ) {
      const bytes = this.#bytesAt(at, scratch);
      if (bytes.length === 0) return true;
      if (!bytes.equals(ZEROS.subarray(0, bytes.length))) return false;
      at += bytes.length;
    }
  }

  /** As many as there are, up to the room. */
  #bytesAt(at: number, room: Buffer): Buffer {
    this.#fd ??= openSync(this.#path, 'r');
    return room.subarray(0, readSync(this.#fd, room, 0, room.length, at));
  }
}

/** Where the blocks in a file end and its zeros begin, to the nearest PROBE_BYTES: by bisection, without reading it all. */
export async function writtenBytes(path: string): Promise<number> {
  const file = await open(path);
  try {
    const probe = Buffer.alloc(PROBE_BYTES);
    let low = 0;
    let high = Math.ceil((await file.stat()).size / PROBE_BYTES);
    while (low < high) {
      const middle = (low + high) >>> 1;
      const { bytesRead } = await file.read(probe, 0, PROBE_BYTES, middle * PROBE_BYTES);
      if (probe.subarray(0, bytesRead).every((byte) => byte === 0)) high = middle;
      else low = middle + 1;
    }
    return low * PROBE_BYTES;
  } finally {
    await file.close();
  }
}

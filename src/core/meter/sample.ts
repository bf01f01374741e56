/** As much as is counted of an answer without usage. */
export const SAMPLE_BYTES = 4_096;
/** Buffers that wait to be used again; one a request would cost it 1 µs. */
const FREE_MAX = 256;
/** What a loop copies faster than a native call. */
const LOOP_BYTES = 32;

const free: Buffer[] = [];

/** The first bytes of the strings that count. */
export class Sample {
  #buffer: Buffer | undefined;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(bytes: Buffer, from: number, to: number): void {
    if (this.#length === SAMPLE_BYTES || from === to) return;
    this.#buffer ??= free.pop() ?? Buffer.allocUnsafeSlow(SAMPLE_BYTES);
    const buffer = this.#buffer;
    const start = this.#length;
    const length = Math.min(to - from, SAMPLE_BYTES - start);
    this.#length = start + length;
    if (length > LOOP_BYTES) bytes.copy(buffer, start, from, from + length);
    else for (let i = 0; i < length; i++) buffer[start + i] = bytes[from + i]!;
  }

  /** A copy that the caller may keep. */
  copy(): Buffer {
    return Buffer.from(this.#buffer?.subarray(0, this.#length) ?? []);
  }

  /** Nothing is added any more. */
  release(): void {
    if (this.#buffer !== undefined && free.length < FREE_MAX) free.push(this.#buffer);
    this.#buffer = undefined;
    this.#length = SAMPLE_BYTES;
  }
}

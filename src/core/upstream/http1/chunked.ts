import { COLON, CR, HEX, LF, SEMICOLON, TOKEN, VALUE } from './bytes.ts';

/** Of one chunk's line; RFC 9112, section 7.1.1, asks for a bound. */
const EXTENSION_BYTES_MAX = 4_096;
const TRAILER_BYTES_MAX = 16_384;
const SIZE_DIGITS_MAX = 16;
/** Of a chunk that fits into a read. */
const PLAIN_DIGITS_MAX = 5;

const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILER = 6;
const TRAILER_NAME = 7;
const TRAILER_VALUE = 8;
const TRAILER_LF = 9;
const LAST_LF = 10;
const DONE = 11;
const BROKEN = 12;

/**
 * Takes the framing out of a chunked body (RFC 9112, section 7.1). The payloads of a read are moved together where they
 * are, so that a burst of small chunks becomes one piece.
 */
export class ChunkedDecoder {
  /** Where the payload of the last read is now. */
  payloadStart = 0;
  payloadEnd = 0;
  #state = SIZE;
  /** Of the chunk that has begun: bytes that are yet to come. */
  #left = 0;
  #digits = 0;
  #extras = 0;

  get done(): boolean {
    return this.#state === DONE;
  }

  get broken(): boolean {
    return this.#state === BROKEN;
  }

  reset(): void {
    this.#state = SIZE;
    this.#left = 0;
    this.#digits = 0;
    this.#extras = 0;
  }

  /** Overwrites bytes of the read. @returns behind the last byte that belongs to the body */
  decode(bytes: Buffer, start: number, end: number): number {
    let at = start;
    this.payloadStart = start;
    this.payloadEnd = start;
    while (at < end && this.#state < DONE) {
      if (this.#state === SIZE && this.#digits === 0) at = this.#wholeChunks(bytes, at, end);
      if (at >= end) break;
      if (this.#state !== DATA) {
        this.#state = this.#next(bytes[at++]!);
        continue;
      }
      const size = Math.min(this.#left, end - at);
      this.#append(bytes, at, size);
      at += size;
      this.#left -= size;
      if (this.#left === 0) this.#state = DATA_CR;
    }
    return at;
  }

  /** Chunks that are there as a whole, without anything unusual. They would come through byte by byte too, at half the speed. */
  #wholeChunks(bytes: Buffer, start: number, end: number): number {
    let at = start;
    for (;;) {
      let size = 0;
      let digit = 0;
      let data = at;
      for (; data - at < PLAIN_DIGITS_MAX; data++) {
        digit = HEX[bytes[data]!]!;
        if (digit > 15) break;
        size = size * 16 + digit;
      }
      const after = data + 2 + size;
      if (size === 0 || after + 2 > end) return at;
      if (bytes[data] !== CR || bytes[data + 1] !== LF) return at;
      if (bytes[after] !== CR || bytes[after + 1] !== LF) return at;
      this.#append(bytes, data + 2, size);
      at = after + 2;
    }
  }

  #append(bytes: Buffer, start: number, size: number): void {
    if (this.payloadEnd === this.payloadStart) {
      this.payloadStart = start;
      this.payloadEnd = start;
    } else bytes.copyWithin(this.payloadEnd, start, start + size);
    this.payloadEnd += size;
  }

  #next(byte: number): number {
    switch (this.#state) {
      case SIZE:
        return this.#size(byte);
      case EXTENSION:
        if (byte === CR) return SIZE_LF;
        return VALUE[byte] === 1 && ++this.#extras <= EXTENSION_BYTES_MAX ? EXTENSION : BROKEN;
      case SIZE_LF:
        if (byte !== LF) return BROKEN;
        this.#digits = 0;
        this.#extras = 0;
        return this.#left > 0 ? DATA : TRAILER;
      case DATA_CR:
        return byte === CR ? DATA_LF : BROKEN;
      case DATA_LF:
        return byte === LF ? SIZE : BROKEN;
      case TRAILER:
        if (byte === CR) return LAST_LF;
        return this.#trailer(TOKEN[byte] !== 0, TRAILER_NAME);
      case TRAILER_NAME:
        if (byte === COLON) return this.#trailer(true, TRAILER_VALUE);
        return this.#trailer(TOKEN[byte] !== 0, TRAILER_NAME);
      case TRAILER_VALUE:
        if (byte === CR) return TRAILER_LF;
        return this.#trailer(VALUE[byte] === 1, TRAILER_VALUE);
      case TRAILER_LF:
        return byte === LF ? TRAILER : BROKEN;
      default:
        return byte === LF ? DONE : BROKEN;
    }
  }

  #size(byte: number): number {
    const digit = HEX[byte]!;
    if (digit < 16) {
      this.#left = this.#left * 16 + digit;
      const bounded = ++this.#digits <= SIZE_DIGITS_MAX && this.#left <= Number.MAX_SAFE_INTEGER;
      return bounded ? SIZE : BROKEN;
    }
    if (this.#digits === 0) return BROKEN;
    if (byte === CR) return SIZE_LF;
    return byte === SEMICOLON ? EXTENSION : BROKEN;
  }

  #trailer(valid: boolean, next: number): number {
    return valid && ++this.#extras <= TRAILER_BYTES_MAX ? next : BROKEN;
  }
}

import { ChunkedDecoder } from './chunked.ts';
import type { BodyKind } from './framing.ts';
import { HEAD_BYTES_MAX, type HeadParser, INCOMPLETE } from './head.ts';
import { malformed } from './problem.ts';

const SWITCHING_PROTOCOLS = 101;
const HEAD_END = '\r\n\r\n';
const REPARSED_BYTES_MAX = 4_096;

/**
 * Reads one response after the other, read by read. What a read has brought is in its fields until it is forgotten; none
 * of it refers to the bytes of the read.
 */
export class ResponseReader {
  /** The read has completed the head. */
  headed = false;
  status = 0;
  /** Those that are wanted: name in lower case, value, … */
  headers: readonly string[] = [];
  /** All bytes of the body that the read has brought, in one piece. */
  payload: Buffer | undefined;
  /** The response is complete. */
  done = false;
  /** It is no HTTP from here on. */
  problem: Error | undefined;
  /** After `done`: nothing came behind the end, and the connection may carry another exchange. */
  reusable = false;
  /** After the head: for how long, if the upstream says so. */
  keepAliveMs: number | undefined;
  readonly #parser: HeadParser;
  #body: BodyKind | 'none' = 'none';
  /** The part of a head that has come. */
  #partial: Buffer | undefined;
  /** As much of that as has been parsed. */
  #parsedBytes = 0;
  #interimBytes = 0;
  /** Of a body of known length. */
  #left = 0;
  #chunked: ChunkedDecoder | undefined;
  #keepAlive = false;

  /** @param parser may be shared: nothing is left in it between two reads */
  constructor(parser: HeadParser) {
    this.#parser = parser;
  }

  /** For the next response. */
  reset(): void {
    this.done = false;
    this.#body = 'none';
    this.#interimBytes = 0;
  }

  /** What the last read has brought has been handed over: an idle connection must not keep it from being freed. */
  forget(): void {
    this.headers = [];
    this.payload = undefined;
  }

  /** @param bytes are overwritten @param end how many there are */
  read(bytes: Buffer, end: number): void {
    this.headed = false;
    this.payload = undefined;
    if (this.#body !== 'none') {
      this.#readBody(bytes, 0, end);
      return;
    }
    const partial = this.#partial;
    const all = partial === undefined ? bytes : Buffer.concat([partial, bytes.subarray(0, end)]);
    const allEnd = partial === undefined ? end : all.length;
    if (partial !== undefined && !this.#isWorthParsing(all, partial.length)) {
      this.#partial = all;
      return;
    }
    try {
      const bodyStart = this.#readHead(all, allEnd);
      if (bodyStart !== INCOMPLETE) this.#readBody(all, bodyStart, allEnd);
    } catch (thrown) {
      this.problem = thrown as Error;
    }
  }

  /** The connection has ended. @returns whether that is the end of the response */
  ends(): boolean {
    return this.#body === 'close';
  }

  /** A long head that comes byte by byte is not parsed anew for each, but when its end is there, or it has doubled. */
  #isWorthParsing(head: Buffer, known: number): boolean {
    return (
      head.length <= REPARSED_BYTES_MAX ||
      head.length >= 2 * this.#parsedBytes ||
      head.indexOf(HEAD_END, Math.max(0, known - HEAD_END.length + 1)) >= 0
    );
  }

  #readHead(bytes: Buffer, end: number): number {
    const parser = this.#parser;
    let start = 0;
    for (;;) {
      const after = parser.parse(bytes, start, end);
      const headEnd = after === INCOMPLETE ? end : after;
      if (this.#interimBytes + headEnd - start > HEAD_BYTES_MAX) throw malformed('a head too long');
      if (after === INCOMPLETE) {
        // A copy: the bytes of the read are somebody else's soon.
        this.#partial = Buffer.from(bytes.subarray(start, end));
        this.#parsedBytes = end - start;
        return INCOMPLETE;
      }
      this.#partial = undefined;
      if (parser.status >= 200) {
        this.#begin();
        return after;
      }
      // The others are between the two servers (RFC 9110, section 15.2).
      if (parser.status === SWITCHING_PROTOCOLS) throw malformed('a status');
      this.#interimBytes += after - start;
      start = after;
      if (start === end) return INCOMPLETE;
    }
  }

  #begin(): void {
    const { status, headers, framing } = this.#parser;
    this.headed = true;
    this.status = status;
    this.headers = headers;
    this.keepAliveMs = framing.keepAliveMs;
    this.#keepAlive = framing.keepAlive;
    this.#body = framing.body;
    this.#left = framing.length;
    if (framing.body === 'chunked') {
      if (this.#chunked === undefined) this.#chunked = new ChunkedDecoder();
      else this.#chunked.reset();
    }
  }

  #readBody(bytes: Buffer, start: number, end: number): void {
    if (this.#body === 'chunked') {
      this.#readChunks(this.#chunked!, bytes, start, end);
      return;
    }
    const size = this.#body === 'length' ? Math.min(this.#left, end - start) : end - start;
    this.#keep(bytes, start, start + size);
    if (this.#body !== 'length') return;
    this.#left -= size;
    if (this.#left === 0) this.#finish(start + size === end);
  }

  #readChunks(decoder: ChunkedDecoder, bytes: Buffer, start: number, end: number): void {
    const after = decoder.decode(bytes, start, end);
    this.#keep(bytes, decoder.payloadStart, decoder.payloadEnd);
    if (decoder.done) this.#finish(after === end);
    else if (decoder.broken) this.problem = malformed('a chunk');
  }

  #keep(bytes: Buffer, start: number, end: number): void {
    if (start === end) return;
    // From Node's pool if it is small. Who keeps it keeps 8 KiB from being freed, once for all pieces in them; memory of
    // its own would cost each piece more than all else here.
    const payload = Buffer.allocUnsafe(end - start);
    bytes.copy(payload, 0, start, end);
    this.payload = payload;
  }

  #finish(isLast: boolean): void {
    this.done = true;
    this.reusable = isLast && this.#keepAlive;
  }
}

import { statusLine } from '../response.ts';
import type { HttpResponse } from './addon.ts';

/**
 * uWebSockets.js gathers what is written in one cork in a buffer of 16,384 bytes; what overflows it can be lost under
 * backpressure. A slice stays below, with room for its framing.
 */
export const SLICE_BYTES = 15_360;

/** Room for status line, date and framing in the slice that carries the head. */
const HEAD_EXTRA_BYTES = 256;
const FIRST_SLICE_BYTES_MIN = 1_024;

const scratch = Buffer.allocUnsafeSlow(SLICE_BYTES);

/** Corked callbacks run at once, so one function for all of them will do: none is made for each write. */
let corked: Outbox;
const sendCorked = (): void => corked.send();
const sendNothing = (): void => {};

/** How many bytes this head takes, or a few more. */
export function headBytes(headers: readonly string[]): number {
  let bytes = HEAD_EXTRA_BYTES;
  for (const text of headers) bytes += text.length + 2;
  return bytes;
}

/** In one call for all lines, since `writeStatus` looks at nothing in what it is given, and each call has its price. */
export function writeHead(res: HttpResponse, status: number, headers: readonly string[]): void {
  let lines = statusLine(status);
  for (let i = 0; i < headers.length; i += 2) lines += `\r\n${headers[i]}: ${headers[i + 1]}`;
  res.writeStatus(lines);
}

/**
 * A streamed response on its way out. Small parts are put together into slices; a slice is one cork and, while the
 * client keeps up, one system call. What a slow client has not taken waits here, not in uWebSockets.js.
 */
export class Outbox {
  /** The client reads too slowly: what is written now only waits. */
  blocked = false;

  readonly #res: HttpResponse;
  readonly #status: number;
  readonly #headers: readonly string[];
  readonly #bodyless: boolean;
  readonly #onDrained: () => void;
  #headSent = false;
  /** `queue[next]` from `offset` on is what goes out first. */
  readonly #queue: Uint8Array[] = [];
  #next = 0;
  #offset = 0;
  #slice: Uint8Array | undefined;
  #ended = false;
  #finished = false;

  /**
   * @param headers printable
   * @param bodyless whether the head is all there is
   * @param onDrained follows a `write` that gave false
   */
  constructor(
    res: HttpResponse,
    status: number,
    headers: readonly string[],
    bodyless: boolean,
    onDrained: () => void,
  ) {
    this.#res = res;
    this.#status = status;
    this.#headers = headers;
    this.#bodyless = bodyless;
    this.#onDrained = onDrained;
    res.onWritable(() => this.#onWritable());
  }

  /** @returns false when the caller should stop until `onDrained` */
  write(parts: readonly Uint8Array[]): boolean {
    if (!this.#bodyless) for (const part of parts) if (part.length > 0) this.#queue.push(part);
    this.#flush();
    return !this.blocked;
  }

  end(parts: readonly Uint8Array[]): void {
    this.#ended = true;
    this.write(parts);
  }

  /**
   * Waits on for a stalled client. uWebSockets.js gives up on a client that has taken nothing for 10 s, and how long is
   * too long is for the owner of the exchange to say. Resuming is the one call that begins its 10 s anew.
   */
  prolong(): void {
    this.#res.pause();
    this.#res.resume();
  }

  /** Only for the cork. */
  send(): void {
    const slice = this.#slice;
    if (!this.#headSent) {
      this.#headSent = true;
      writeHead(this.#res, this.#status, this.#headers);
    }
    if (this.#ended && this.#next === this.#queue.length) {
      this.#finished = true;
      if (this.#bodyless) this.#res.endWithoutBody();
      else this.#res.end(slice);
    } else if (slice !== undefined) {
      this.blocked = !this.#res.write(slice);
    }
  }

  #flush(): void {
    while (!this.blocked && !this.#finished) {
      this.#slice = this.#take();
      if (this.#slice === undefined && !this.#ended) return;
      corked = this;
      this.#res.cork(sendCorked);
    }
  }

  /** The next slice; its bytes are copied when it is written. */
  #take(): Uint8Array | undefined {
    const queue = this.#queue;
    const left = queue.length - this.#next;
    if (left === 0) {
      queue.length = 0;
      this.#next = 0;
      return undefined;
    }
    const room = this.#headSent
      ? SLICE_BYTES
      : Math.max(SLICE_BYTES - headBytes(this.#headers), FIRST_SLICE_BYTES_MIN);
    const first = queue[this.#next]!;
    if (left === 1 || first.length - this.#offset >= room) return this.#takeFrom(first, room);
    let filled = 0;
    while (filled < room && this.#next < queue.length) {
      const piece = this.#takeFrom(queue[this.#next]!, room - filled);
      scratch.set(piece, filled);
      filled += piece.length;
    }
    return scratch.subarray(0, filled);
  }

  #takeFrom(part: Uint8Array, bytesMax: number): Uint8Array {
    const from = this.#offset;
    const to = from + bytesMax;
    if (to < part.length) {
      this.#offset = to;
      return part.subarray(from, to);
    }
    this.#offset = 0;
    this.#next++;
    return from === 0 ? part : part.subarray(from);
  }

  /** The empty cork sends what uWebSockets.js itself still holds; without it the tail of a stream can stick for ever. */
  #onWritable(): boolean {
    this.#res.cork(sendNothing);
    if (this.blocked) {
      this.blocked = false;
      this.#flush();
      if (!this.blocked) this.#onDrained();
    }
    return true;
  }
}

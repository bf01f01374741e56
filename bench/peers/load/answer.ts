import type { EventCounter } from './events.ts';

const STATUS = /^HTTP\/1\.[01] (\d{3})/;
const LENGTH = /\r\ncontent-length:[ \t]*(\d+)/i;
const CHUNKED = /\r\ntransfer-encoding:[ \t]*chunked/i;
const CLOSE = /\r\nconnection:[ \t]*close/i;
const CR = 0x0d;
const LF = 0x0a;

type State =
  | 'head'
  | 'length'
  | 'size'
  | 'extension'
  | 'chunk'
  | 'chunk-end'
  | 'trailer'
  | 'until-close'
  | 'done';

/**
 * One HTTP/1.1 response at a time, read as it comes: only its framing is understood, its body is counted. For answers
 * of servers that are under test on loopback, so it is lenient where that costs nothing.
 */
export class Answer {
  status = 0;
  /** Of the body, without the framing. */
  bytes = 0;
  /** Whether the connection can carry another request. */
  keepsAlive = true;
  readonly #events: EventCounter | undefined;
  #state: State = 'head';
  /** What came of a head that was split. */
  #head = '';
  /** Of the body or chunk, still to come. */
  #left = 0;
  /** Of the line of a trailer so far, CR not counted. */
  #line = 0;

  /** @param events counts those of the body */
  constructor(events?: EventCounter) {
    this.#events = events;
  }

  get begun(): boolean {
    return this.#state !== 'head';
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  /** Ready for the next response on the same connection. */
  reset(): void {
    this.status = 0;
    this.bytes = 0;
    this.#state = 'head';
    this.#events?.reset();
  }

  /** The connection has ended. @returns whether the response is whole */
  end(): boolean {
    if (this.#state === 'until-close') this.#state = 'done';
    return this.done;
  }

  /** @returns how many events ended in it. @throws if it is no HTTP/1.1 response, or more than one */
  feed(buffer: Buffer, length: number): number {
    let at = this.#state === 'head' ? this.#readHead(buffer, length) : 0;
    let events = 0;
    while (at < length) {
      switch (this.#state) {
        case 'length':
        case 'chunk':
        case 'until-close': {
          const end = this.#state === 'until-close' ? length : Math.min(length, at + this.#left);
          if (this.#events !== undefined) events += this.#events.feed(buffer, at, end);
          this.bytes += end - at;
          this.#left -= end - at;
          at = end;
          if (this.#left === 0) this.#state = this.#state === 'length' ? 'done' : 'chunk-end';
          break;
        }
        case 'done':
          throw new Error('more than was asked for');
        default:
          this.#readFraming(buffer[at++]!);
      }
    }
    return events;
  }

  /** One byte of a line of the chunked framing. */
  #readFraming(byte: number): void {
    switch (this.#state) {
      case 'size': {
        const digit = hexDigit(byte);
        if (digit >= 0) this.#left = this.#left * 16 + digit;
        else if (byte === LF) this.#endSize();
        else this.#state = 'extension';
        break;
      }
      case 'extension':
        if (byte === LF) this.#endSize();
        break;
      case 'chunk-end':
        if (byte === LF) this.#state = 'size';
        else if (byte !== CR) throw new Error('a chunk longer than it says');
        break;
      default:
        if (byte === LF && this.#line === 0) this.#state = 'done';
        else if (byte === LF) this.#line = 0;
        else if (byte !== CR) this.#line++;
    }
  }

  #endSize(): void {
    this.#line = 0;
    this.#state = this.#left === 0 ? 'trailer' : 'chunk';
  }

  /** @returns where the body begins */
  #readHead(buffer: Buffer, length: number): number {
    const before = this.#head.length;
    const text = this.#head + buffer.toString('latin1', 0, length);
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) {
      this.#head = text;
      return length;
    }
    this.#head = '';
    const head = text.slice(0, end);
    this.status = Number(STATUS.exec(head)?.[1]);
    if (!(this.status >= 200)) throw new Error(`no response: ${head.slice(0, 100)}`);
    this.keepsAlive = !CLOSE.test(head);
    this.#frame(head);
    return end + 4 - before;
  }

  #frame(head: string): void {
    if (CHUNKED.test(head)) {
      this.#state = 'size';
      this.#left = 0;
      return;
    }
    const size = LENGTH.exec(head)?.[1];
    if (size === undefined) {
      this.#state = 'until-close';
      this.#left = Number.POSITIVE_INFINITY;
      return;
    }
    this.#left = Number(size);
    this.#state = this.#left === 0 ? 'done' : 'length';
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

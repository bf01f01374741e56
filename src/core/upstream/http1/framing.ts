import { malformed } from './problem.ts';

/** How the end of a body is told. */
export type BodyKind = 'length' | 'chunked' | 'close';

const DIGITS = /^\d{1,16}$/;
const KEEP_ALIVE_TIMEOUT = /timeout=(\d{1,9})/i;
/** An upstream closes when it says so; what is sent shortly before that is lost. */
const KEEP_ALIVE_MARGIN_MS = 2_000;
const KEEP_ALIVE_MAX_MS = 600_000;

/**
 * What the headers say about the message itself (RFC 9112, section 6 and 9.3). Whatever two readers might understand in
 * two ways is refused: a body that is longer for one of them smuggles a response to the other.
 */
export class Framing {
  body: BodyKind = 'close';
  /** Of a body of the kind `length`. */
  length = 0;
  /** Whether the connection may carry another exchange. */
  keepAlive = false;
  /** For how long, if the upstream says so. */
  keepAliveMs: number | undefined;
  #minor = 1;
  #contentLength: number | undefined;
  #chunked = false;
  #closes = false;
  #keeps = false;

  reset(minor: 0 | 1): void {
    this.#minor = minor;
    this.#contentLength = undefined;
    this.#chunked = false;
    this.#closes = false;
    this.#keeps = false;
    this.keepAliveMs = undefined;
  }

  /** @param name in lower case */
  take(name: string, value: string): void {
    switch (name) {
      case 'content-length':
        if (this.#contentLength !== undefined || !DIGITS.test(value)) throw malformed('a Content-Length');
        this.#contentLength = Number(value);
        if (!Number.isSafeInteger(this.#contentLength)) throw malformed('a Content-Length');
        return;
      case 'transfer-encoding':
        if (this.#chunked || value.toLowerCase() !== 'chunked') throw malformed('a Transfer-Encoding');
        this.#chunked = true;
        return;
      case 'connection':
        this.#connection(value.toLowerCase());
        return;
      case 'keep-alive':
        this.#keepAlive(value);
    }
  }

  /** All headers have been taken. */
  settle(status: number): void {
    if (this.#chunked && (this.#contentLength !== undefined || this.#minor === 0))
      throw malformed('a Transfer-Encoding');
    if (status < 200 || status === 204 || status === 304) {
      // There is no body, whatever the headers say; an upstream that says so may send one.
      if (this.#chunked || (this.#contentLength ?? 0) > 0) throw malformed('a body where none may be');
      this.body = 'length';
      this.length = 0;
    } else if (this.#chunked) this.body = 'chunked';
    else if (this.#contentLength !== undefined) {
      this.body = 'length';
      this.length = this.#contentLength;
    } else this.body = 'close';
    this.keepAlive =
      !this.#closes &&
      (this.#minor === 1 || this.#keeps) &&
      this.body !== 'close' &&
      (this.keepAliveMs === undefined || this.keepAliveMs > 0);
  }

  #connection(value: string): void {
    if (value === 'keep-alive') this.#keeps = true;
    else if (value === 'close') this.#closes = true;
    else {
      const options = value.split(',').map((option) => option.trim());
      this.#keeps ||= options.includes('keep-alive');
      this.#closes ||= options.includes('close');
    }
  }

  #keepAlive(value: string): void {
    const seconds = KEEP_ALIVE_TIMEOUT.exec(value)?.[1];
    if (seconds === undefined) return;
    const longest = this.keepAliveMs ?? KEEP_ALIVE_MAX_MS;
    this.keepAliveMs = Math.min(Number(seconds) * 1e3 - KEEP_ALIVE_MARGIN_MS, longest);
  }
}

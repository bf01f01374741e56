import { COLON, CR, LF, SPACE, TAB, TOKEN, VALUE, ZERO } from './bytes.ts';
import { Framing } from './framing.ts';
import type { HeaderName, HeaderNames } from './names.ts';
import { malformed } from './problem.ts';

/** Of all that comes before a body, interim responses included. */
export const HEAD_BYTES_MAX = 65_536;

/** `parse` needs more bytes. */
export const INCOMPLETE = -1;

const VERSION = Buffer.from('HTTP/1.');
const HASH_FACTOR = 31;

/**
 * Reads the head of a response strictly (RFC 9112): what another reader might understand otherwise is refused. It
 * holds what it has read last; a head of which only a part has come is read from its beginning again.
 */
export class HeadParser {
  status = 0;
  /** Those that are wanted: name in lower case, value, … */
  headers: string[] = [];
  framing = new Framing();
  readonly #names: HeaderNames;

  constructor(names: HeaderNames) {
    this.#names = names;
  }

  /**
   * @returns where the head ends, or `INCOMPLETE`
   * @throws Error for what is no head
   */
  parse(bytes: Buffer, start: number, end: number): number {
    this.headers = [];
    let at = this.#statusLine(bytes, start, end);
    while (at !== INCOMPLETE) {
      if (at >= end) break;
      if (bytes[at] === CR) {
        const after = lineEnd(bytes, at, end);
        if (after !== INCOMPLETE) this.framing.settle(this.status);
        return after;
      }
      at = this.#field(bytes, at, end);
    }
    return INCOMPLETE;
  }

  #statusLine(bytes: Buffer, start: number, end: number): number {
    let at = start;
    for (const byte of VERSION) {
      if (at >= end) return INCOMPLETE;
      if (bytes[at++] !== byte) throw malformed('a status line');
    }
    if (at >= end) return INCOMPLETE;
    const minor = bytes[at++]! - ZERO;
    if (minor !== 0 && minor !== 1) throw malformed('a version');
    this.framing.reset(minor);
    if (at >= end) return INCOMPLETE;
    if (bytes[at++] !== SPACE) throw malformed('a status line');
    let status = 0;
    for (let digits = 0; digits < 3; digits++) {
      if (at >= end) return INCOMPLETE;
      const digit = bytes[at++]! - ZERO;
      if (digit < (digits === 0 ? 1 : 0) || digit > 9) throw malformed('a status');
      status = status * 10 + digit;
    }
    this.status = status;
    if (at >= end) return INCOMPLETE;
    // Some leave out the blank with the reason.
    if (bytes[at] !== SPACE && bytes[at] !== CR) throw malformed('a status');
    while (at < end && VALUE[bytes[at]!] === 1) at++;
    return lineEnd(bytes, at, end);
  }

  #field(bytes: Buffer, start: number, end: number): number {
    let at = start;
    let hash = 0;
    for (; at < end; at++) {
      const char = TOKEN[bytes[at]!]!;
      if (char === 0) break;
      hash = (Math.imul(hash, HASH_FACTOR) + char) | 0;
    }
    if (at >= end) return INCOMPLETE;
    // A line that goes on from the one before (obs-fold) begins with a blank and ends here too.
    if (bytes[at] !== COLON || at === start) throw malformed('a header name');
    const nameEnd = at++;
    while (at < end && isBlank(bytes[at]!)) at++;
    const valueStart = at;
    while (at < end && VALUE[bytes[at]!] === 1) at++;
    const after = lineEnd(bytes, at, end);
    if (after === INCOMPLETE) return INCOMPLETE;
    const name = this.#names.find(bytes, start, nameEnd, hash);
    if (name.wanted || name.frames) this.#take(name, bytes, valueStart, at);
    return after;
  }

  #take(name: HeaderName, bytes: Buffer, start: number, afterBlanks: number): void {
    let end = afterBlanks;
    while (end > start && isBlank(bytes[end - 1]!)) end--;
    const value = bytes.toString('latin1', start, end);
    if (name.frames) this.framing.take(name.text, value);
    if (name.wanted) this.headers.push(name.text, value);
  }
}

const isBlank = (byte: number): boolean => byte === SPACE || byte === TAB;

function lineEnd(bytes: Buffer, at: number, end: number): number {
  if (at >= end) return INCOMPLETE;
  if (bytes[at] !== CR) throw malformed('a byte in a line');
  if (at + 1 >= end) return INCOMPLETE;
  if (bytes[at + 1] !== LF) throw malformed('the end of a line');
  return at + 2;
}

import { ProxyError } from '../errors.ts';

export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

/** After this many bytes of one string, a native search takes over from the loop. */
const LOOP_BYTES = 48;

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');

/** Is shown the strings of a text, but not the names of members. */
export interface StringVisitor {
  /** @param start behind the opening quote @param end the closing quote; what is in between is still escaped */
  visit(bytes: Buffer, start: number, end: number): void;
}

/**
 * Walks over a JSON text byte by byte without building anything from it. It accepts what RFC 8259 allows. Inside
 * strings it is lenient: unknown escapes, and control characters beyond the first bytes, go through, because it looks
 * for the end of a string and not at what is in it.
 * @throws ProxyError `invalid_json`, `body_too_deep`
 */
export class Cursor {
  readonly bytes: Buffer;
  readonly #depthMax: number;
  readonly #visitor: StringVisitor | undefined;
  at = 0;

  constructor(bytes: Buffer, depthMax: number, visitor?: StringVisitor) {
    this.bytes = bytes;
    this.#depthMax = depthMax;
    this.#visitor = visitor;
  }

  /** The next byte that is not white space, or NaN at the end. It is not taken. */
  peek(): number {
    const { bytes } = this;
    let c = bytes[this.at];
    while (c === 0x20 || c === 0x0a || c === 0x0d || c === 0x09) c = bytes[++this.at];
    return c ?? Number.NaN;
  }

  /** Takes the next byte that is not white space if it is this one. */
  takes(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.at++;
    return true;
  }

  expect(byte: number): void {
    if (!this.takes(byte)) this.fail();
  }

  /** Into an object: gives whether it has a member. Call `key`, read the value, `next`, and so on. */
  enterObject(): boolean {
    this.expect(OPEN_BRACE);
    return !this.takes(CLOSE_BRACE);
  }

  /** Takes a member's name and its colon, and stands before the value. @returns the name's position, with its quotes */
  key(): { readonly start: number; readonly end: number } {
    this.peek();
    const start = this.at;
    this.string();
    const end = this.at;
    this.expect(COLON);
    this.peek();
    return { start, end };
  }

  /** After a member's value: whether another member follows. */
  next(): boolean {
    if (this.takes(COMMA)) return true;
    this.expect(CLOSE_BRACE);
    return false;
  }

  /** Takes one value, whatever it is. @param depth of the container that it stands in; 1 is the root's */
  value(depth: number): void {
    const c = this.peek();
    if (c === QUOTE) {
      const start = this.at + 1;
      this.string();
      this.#visitor?.visit(this.bytes, start, this.at - 1);
    } else if (c === OPEN_BRACE) this.#object(depth + 1);
    else if (c === OPEN_BRACKET) this.#array(depth + 1);
    else if (c === TRUE[0]) this.#literal(TRUE);
    else if (c === FALSE[0]) this.#literal(FALSE);
    else if (c === NULL[0]) this.#literal(NULL);
    else this.#number();
  }

  string(): void {
    if (this.bytes[this.at] !== QUOTE) this.fail();
    const { bytes } = this;
    const loopEnd = this.at + LOOP_BYTES;
    let i = this.at + 1;
    for (;;) {
      const c = bytes[i];
      if (c === QUOTE) break;
      if (c === BACKSLASH) i += 2;
      else if (c === undefined || c < 0x20) this.fail();
      else i++;
      if (i > loopEnd) {
        i = endOfString(bytes, i);
        if (i < 0) this.fail();
        break;
      }
    }
    this.at = i + 1;
  }

  /** Nothing but white space may follow. */
  end(): void {
    if (!Number.isNaN(this.peek())) this.fail();
  }

  fail(): never {
    throw new ProxyError('invalid_json', {
      message: `The request body is not valid JSON: unexpected ${this.at < this.bytes.length ? 'byte' : 'end'} at position ${this.at}.`,
    });
  }

  #object(depth: number): void {
    this.#checkDepth(depth);
    for (let more = this.enterObject(); more; more = this.next()) {
      this.peek();
      this.string();
      this.expect(COLON);
      this.value(depth);
    }
  }

  #array(depth: number): void {
    this.#checkDepth(depth);
    this.at++;
    if (this.takes(CLOSE_BRACKET)) return;
    do this.value(depth);
    while (this.takes(COMMA));
    this.expect(CLOSE_BRACKET);
  }

  #checkDepth(depth: number): void {
    if (depth > this.#depthMax) {
      throw new ProxyError('body_too_deep', {
        message: `The request body is nested deeper than ${this.#depthMax} levels.`,
      });
    }
  }

  #literal(word: Buffer): void {
    for (const byte of word) {
      if (this.bytes[this.at] !== byte) this.fail();
      this.at++;
    }
  }

  #number(): void {
    const { bytes } = this;
    if (bytes[this.at] === 0x2d) this.at++;
    if (bytes[this.at] === 0x30) this.at++;
    else this.#digits();
    if (bytes[this.at] === 0x2e) {
      this.at++;
      this.#digits();
    }
    if (bytes[this.at] === 0x65 || bytes[this.at] === 0x45) {
      this.at++;
      if (bytes[this.at] === 0x2b || bytes[this.at] === 0x2d) this.at++;
      this.#digits();
    }
  }

  #digits(): void {
    const start = this.at;
    while (isDigit(this.bytes[this.at])) this.at++;
    if (this.at === start) this.fail();
  }
}

function isDigit(c: number | undefined): boolean {
  return c !== undefined && c >= 0x30 && c <= 0x39;
}

/**
 * The position of the quote that ends a string, searched from somewhere inside it, or -1.
 * @param from not in the middle of an escape sequence
 */
export function endOfString(bytes: Buffer, from: number, to: number = bytes.length): number {
  for (let i = from; ; ) {
    const quote = bytes.indexOf(QUOTE, i);
    if (quote < 0 || quote >= to) return -1;
    let backslashes = 0;
    while (quote - 1 - backslashes >= from && bytes[quote - 1 - backslashes] === BACKSLASH) backslashes++;
    if (backslashes % 2 === 0) return quote;
    i = quote + 1;
  }
}

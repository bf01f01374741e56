import { EventReader } from './events.ts';
import type { JsonObject } from './translation.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const FIRST_PRINTABLE = 0x20;
const UNICODE_ESCAPE = 0x75;
/** What may stand behind a backslash, but for `u`. */
const ESCAPES: ReadonlySet<number | undefined> = new Set(Buffer.from('"\\/bfnrt'));
const HEX = /^[\da-fA-F]{4}$/;
/** Stands for the text of an event while its pattern is learned. */
const PROBE = 'text-that-no-model-would-write';

/** What a pattern is learned from. */
export interface Lesson {
  /** The text of an event that adds text to what is there and does nothing else; undefined for any other event. */
  said(event: JsonObject): string | undefined;
  /** An event, as the client is sent it. */
  translate(event: JsonObject): string;
}

/**
 * The events of a stream that are alike but for their text, which are nearly all, and what they are translated to. Such
 * an event is translated by its bytes: the text, in the JSON spelling that it came in, is put where the client expects
 * it. With the meter that takes about half the time of taking each event apart and making another (bench case
 * `pattern`).
 */
export class Pattern {
  readonly #before: Buffer;
  readonly #after: Buffer;
  /** What stands around the text for the client; there may be more than one place for it. */
  readonly #pieces: readonly string[];
  /** Events that it has translated. */
  used = 0;

  private constructor(before: Buffer, after: Buffer, pieces: readonly string[]) {
    this.#before = before;
    this.#after = after;
    this.#pieces = pieces;
  }

  /**
   * @param event the bytes of one event
   * @param text what it says
   * @returns undefined if events like this one have to be taken apart
   */
  static learn(event: Buffer, text: string, lesson: Lesson): Pattern | undefined {
    const literal = Buffer.from(JSON.stringify(text));
    const at = event.lastIndexOf(literal);
    if (at < 0) return undefined;
    const before = Buffer.from(event.subarray(0, at + 1));
    const after = Buffer.from(event.subarray(at + literal.length - 1));
    const probe = parse(Buffer.concat([before, Buffer.from(PROBE), after]));
    if (probe === undefined || lesson.said(probe) !== PROBE) return undefined;
    const pieces = lesson.translate(probe).split(PROBE);
    return pieces.length < 2 ? undefined : new Pattern(before, after, pieces);
  }

  /** @returns the translation of these bytes, if they are events like the one that was learned, and nothing else */
  render(bytes: Buffer): string | undefined {
    let rendered = '';
    let events = 0;
    for (let from = 0; from < bytes.length; events++) {
      const start = endOf(this.#before, bytes, from);
      const end = start < 0 ? -1 : endOfText(bytes, start);
      if (end <= start) return undefined;
      from = endOf(this.#after, bytes, end);
      if (from < 0) return undefined;
      rendered += this.#put(bytes.toString('utf8', start, end));
    }
    this.used += events;
    return rendered;
  }

  #put(text: string): string {
    const pieces = this.#pieces;
    return pieces.length === 2 ? pieces[0] + text + pieces[1] : pieces.join(text);
  }
}

/** Where these bytes end if they stand there; else -1. */
function endOf(part: Buffer, bytes: Buffer, from: number): number {
  const end = from + part.length;
  if (end > bytes.length) return -1;
  return bytes.compare(part, 0, part.length, from, end) === 0 ? end : -1;
}

/** The closing quote of a JSON string; -1 if it is none, or none that a parser takes. @param at behind the opening one */
function endOfText(bytes: Buffer, at: number): number {
  for (let i = at; i < bytes.length; i++) {
    const c = bytes[i]!;
    if (c === QUOTE) return i;
    if (c < FIRST_PRINTABLE) return -1;
    if (c !== BACKSLASH) continue;
    i++;
    if (bytes[i] === UNICODE_ESCAPE) {
      if (!HEX.test(bytes.toString('latin1', i + 1, i + 5))) return -1;
      i += 4;
    } else if (!ESCAPES.has(bytes[i])) return -1;
  }
  return -1;
}

function parse(event: Buffer): JsonObject | undefined {
  const found: string[] = [];
  new EventReader(event.length, (data) => found.push(data)).push(event);
  try {
    return found.length === 1 ? (JSON.parse(found[0]!) as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

import { endOfString } from '../json/cursor.ts';
import { Sample } from './sample.ts';

/** What the keys of an answer mean to the meter. */
const KEYS = {
  usage: 1,
  message: 2,
  response: 2,
  choices: 3,
  error: 4,
  type: 5,
  finish_reason: 6,
  stop_reason: 6,
  content: 7,
  text: 7,
  refusal: 7,
  reasoning: 7,
  reasoning_content: 7,
  thinking: 7,
  arguments: 7,
  partial_json: 7,
  delta: 8,
  status: 9,
} as const;
const {
  usage: USAGE,
  message: WRAPPER,
  choices: CHOICES,
  error: ERROR,
  type: TYPE,
  finish_reason: FINISH,
  text: TEXT,
  delta: DELTA,
  status: STATUS,
} = KEYS;

const FNV_OFFSET = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

function hash(text: string): number {
  let value = FNV_OFFSET;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, FNV_PRIME);
  return value;
}

const KEY_BY_HASH: ReadonlyMap<number, number> = new Map(
  Object.entries(KEYS).map(([name, key]) => [hash(name), key]),
);
const TYPE_ERROR = hash('error');
const STATUS_FAILED = hash('failed');
const TYPE_FAILED = hash('response.failed');
/** The types of the events that end a stream. */
const END_MARKS: ReadonlySet<number> = new Set(
  ['message_stop', 'response.completed', 'response.incomplete', 'response.failed'].map(hash),
);

/** Objects and arrays deeper than this are told apart no more; nothing that counts stands so deep. */
const KINDS_DEPTH_MAX = 30;
/** Longest `usage` object that is read. */
const USAGE_BYTES_MAX = 16_384;
/** After this many bytes of one string, a native search takes over from the loop. */
const LOOP_BYTES = 32;

/* Where the scan stands between two calls. */
const STRUCTURE = 0;
const STRING = 1;
const ESCAPE = 2;

/* What the current string is. */
const PLAIN = 0;
const KEY = 1;
const COUNTED = 2;
const HASHED = 3;

/**
 * Reads the JSON documents of an answer as their bytes go by, however they are split, and builds nothing from them:
 * it follows strings and nesting, and notes the few members that count. Text inside a string is never taken for
 * structure, and a `usage` object counts only at the root of a document or in its `message` or `response`.
 */
export class Scanner {
  /** Bytes of strings that hold the model's output: text, reasoning, tool arguments. Escapes included. */
  textBytes = 0;
  /** The first of those bytes. */
  readonly sample = new Sample();
  /** The answer has said why it ended, or that it has. */
  finished = false;
  /** The end mark of a stream has gone by: `[DONE]`, or an event of such a type. */
  terminated = false;
  /** The upstream has reported an error inside the answer. */
  failed = false;
  /** The document has begun and ended, and no other has begun since. */
  closed = false;
  /** In this document: a `usage` object at its root, and a `choices` array with something in it. */
  usageAtRoot = false;
  choicesFilled = false;
  /** In this document: strings that hold the model's output, and `usage` objects. */
  texts = 0;
  usages = 0;
  /** Where the last of those strings stood, and the last one that means nothing, if this document came in one call. */
  textStart = 0;
  textEnd = 0;
  plainStart = 0;
  plainEnd = 0;

  readonly #onUsage: (usage: unknown, atRoot: boolean) => void;
  readonly #textKey: number;
  #state = STRUCTURE;
  #string = PLAIN;
  #depth = 0;
  /** One bit a level, the innermost lowest: 1 for an object. */
  #kinds = 0;
  #expectKey = false;
  #key = 0;
  #rootKey = 0;
  #hash = 0;
  #start = 0;
  #parts: Buffer[] = [];
  #captured = 0;
  #captureDepth = 0;

  /**
   * @param onUsage gets each `usage` object that is not null, parsed
   * @param deltasOnly text is what stands in strings named `delta`, and nowhere else
   */
  constructor(onUsage: (usage: unknown, atRoot: boolean) => void, deltasOnly = false) {
    this.#onUsage = onUsage;
    this.#textKey = deltasOnly ? DELTA : TEXT;
  }

  /** Another document begins. */
  reset(): void {
    this.#state = STRUCTURE;
    this.#depth = 0;
    this.#kinds = 0;
    this.#expectKey = false;
    this.#key = 0;
    this.#rootKey = 0;
    this.#captureDepth = 0;
    this.closed = false;
    this.usageAtRoot = false;
    this.choicesFilled = false;
    this.texts = 0;
    this.usages = 0;
    this.plainStart = 0;
    this.plainEnd = 0;
  }

  /** Text of an event that has been recognized as one like others. */
  count(bytes: Buffer, from: number, to: number): void {
    this.textBytes += to - from;
    this.sample.add(bytes, from, to);
  }

  scan(bytes: Buffer, from: number, to: number): void {
    let i = from;
    let captureFrom = from;
    while (i < to) {
      if (this.#state !== STRUCTURE) {
        i = this.#scanString(bytes, i, to);
        continue;
      }
      const c = bytes[i++]!;
      switch (c) {
        case 0x22: // "
          this.#start = i;
          this.#openString();
          break;
        case 0x7b: // {
          if (this.#opensUsage()) captureFrom = i - 1;
          this.#open(1);
          break;
        case 0x5b: // [
          this.#open(0);
          break;
        case 0x7d: // }
        case 0x5d: // ]
          if (this.#depth === 0) break;
          if (this.#depth-- <= KINDS_DEPTH_MAX) this.#kinds >>>= 1;
          if (this.#depth === 0) this.closed = true;
          if (this.#captureDepth > this.#depth) this.#closeUsage(bytes, captureFrom, i);
          break;
        case 0x2c: // ,
          this.#expectKey = (this.#kinds & 1) === 1;
          this.#key = 0;
          break;
        case 0x3a: // :
          this.#expectKey = false;
          break;
        case 0x44: // the D of [DONE]
          if (this.#depth === 1 && (this.#kinds & 1) === 0) {
            this.terminated = true;
            this.finished = true;
          }
          break;
      }
    }
    if (this.#captureDepth > 0) this.#keep(bytes, captureFrom, to);
  }

  #open(kind: 0 | 1): void {
    // The document before was not the last one.
    if (this.#depth === 0) this.closed = false;
    else if (this.#depth === 2 && this.#rootKey === CHOICES) this.choicesFilled = true;
    else if (this.#depth === 1 && this.#key === ERROR) this.failed = true;
    this.#depth++;
    if (this.#depth <= KINDS_DEPTH_MAX) this.#kinds = (this.#kinds << 1) | kind;
    this.#expectKey = kind === 1;
    this.#key = 0;
  }

  #openString(): void {
    this.#state = STRING;
    this.#hash = FNV_OFFSET;
    if (this.#expectKey) this.#string = KEY;
    else if (this.#key === this.#textKey) this.#string = COUNTED;
    else if ((this.#key === TYPE || this.#key === STATUS) && this.#depth === 1) this.#string = HASHED;
    else {
      this.#string = PLAIN;
      if (this.#key === FINISH) this.finished = true;
      else if (this.#key === ERROR && this.#depth === 1) this.failed = true;
    }
  }

  /** @param i inside a string @returns where the scan goes on */
  #scanString(bytes: Buffer, i: number, to: number): number {
    if (this.#state === ESCAPE) {
      this.#state = STRING;
      if (this.#string === COUNTED) this.count(bytes, i, i + 1);
      return i + 1;
    }
    const start = i;
    const hashed = this.#string === KEY || this.#string === HASHED;
    const loopEnd = hashed ? to : Math.min(to, i + LOOP_BYTES);
    let value = this.#hash;
    while (i < loopEnd) {
      const c = bytes[i]!;
      if (c === 0x22 || c === 0x5c) break;
      if (hashed) value = Math.imul(value ^ c, FNV_PRIME);
      i++;
    }
    this.#hash = value;
    if (i === loopEnd && i < to) {
      const end = endOfString(bytes, i, to);
      if (end >= 0) i = end;
      else {
        i = to;
        if (endsInEscape(bytes, start, to)) this.#state = ESCAPE;
      }
    }
    const escaped = i < to && bytes[i] === 0x5c;
    if (this.#string === COUNTED) this.count(bytes, start, escaped ? i + 1 : i);
    if (i === to) return i;
    if (escaped) this.#state = ESCAPE;
    else this.#closeString(i);
    return i + 1;
  }

  #closeString(end: number): void {
    this.#state = STRUCTURE;
    if (this.#string === PLAIN) {
      this.plainStart = this.#start;
      this.plainEnd = end;
    } else if (this.#string === COUNTED) {
      this.texts++;
      this.textStart = this.#start;
      this.textEnd = end;
    } else if (this.#string === KEY) {
      this.#key = KEY_BY_HASH.get(this.#hash) ?? 0;
      if (this.#depth === 1) this.#rootKey = this.#key;
    } else {
      const told = this.#hash;
      if (this.#key === STATUS) this.failed ||= told === STATUS_FAILED;
      else if (END_MARKS.has(told)) {
        this.terminated = true;
        this.finished = true;
        this.failed ||= told === TYPE_FAILED;
      } else if (told === TYPE_ERROR) this.failed = true;
    }
  }

  #opensUsage(): boolean {
    if (this.#key !== USAGE || this.#captureDepth > 0) return false;
    if (this.#depth !== 1 && !(this.#depth === 2 && this.#rootKey === WRAPPER)) return false;
    this.usages++;
    this.#captureDepth = this.#depth + 1;
    this.#captured = 0;
    this.#parts = [];
    return true;
  }

  /** Copies a part of a `usage` object whose end is not in sight; one that is too long is not read. */
  #keep(bytes: Buffer, from: number, to: number): void {
    this.#captured += to - from;
    if (this.#captured <= USAGE_BYTES_MAX) this.#parts.push(Buffer.from(bytes.subarray(from, to)));
  }

  #closeUsage(bytes: Buffer, from: number, to: number): void {
    const atRoot = this.#captureDepth === 2;
    this.#captureDepth = 0;
    if (atRoot) this.usageAtRoot = true;
    if (this.#captured + to - from > USAGE_BYTES_MAX) return;
    const text =
      this.#captured === 0
        ? bytes.toString('utf8', from, to)
        : Buffer.concat([...this.#parts.splice(0), bytes.subarray(from, to)]).toString();
    try {
      this.#onUsage(JSON.parse(text), atRoot);
    } catch {
      // Broken JSON is not a report. What was observed counts instead.
    }
  }
}

/** Whether the part of a string that ends here ends in the first half of an escape sequence. */
function endsInEscape(bytes: Buffer, start: number, end: number): boolean {
  let backslashes = 0;
  while (end - 1 - backslashes >= start && bytes[end - 1 - backslashes] === 0x5c) backslashes++;
  return backslashes % 2 === 1;
}

import type { Api } from '../dialects/api.ts';
import type { TokenCounts } from '../types.ts';
import { HELD_BYTES_MAX, Meter } from './meter.ts';
import { EventTemplate } from './template.ts';

const LF = 0x0a;
const CR = 0x0d;
const DATA = Buffer.from('data:');

/** So often in a row a template is made of an event and fits none of those that follow. */
const LESSONS_MAX = 8;

/* What the current line is. */
const UNKNOWN = 0;
const PAYLOAD = 1;
const OTHER = 2;

/**
 * An answer that is a stream of server-sent events. It forwards whole events as the bytes that they came in, so that
 * an error event can follow at any time, and leaves out the usage event that only the gateway had asked for.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream (lines that end in a
 * lone CR, which no provider sends, are not told apart)
 */
export class StreamMeter extends Meter {
  readonly #usageHidden: boolean;
  #line = UNKNOWN;
  /** How much of `data:` the line has shown so far. */
  #matched = 0;
  /** The beginning of the current event, from earlier chunks. */
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  /** The beginning of the current event has been forwarded already. */
  #overlong = false;
  #over = false;
  /** Of the last event that held one text and no usage, since most that follow are like it. */
  #template: EventTemplate | undefined;
  #lessons = 0;

  /** @param usageHidden take the event out that holds usage and no choices */
  constructor(api: Api, counts: TokenCounts, usageHidden: boolean) {
    super(api, counts, api.answerRepeated);
    this.#usageHidden = usageHidden;
  }

  get whole(): boolean {
    const { terminated, finished, failed } = this.scanner;
    return failed || (this.api.endMarkRequired ? terminated : finished);
  }

  get over(): boolean {
    return this.#over;
  }

  get enough(): boolean {
    return this.#over;
  }

  get interruptible(): boolean {
    return !this.#overlong && !this.scanner.terminated;
  }

  push(chunk: Buffer, out: Uint8Array[]): void {
    const { length } = chunk;
    let forwarded = 0;
    let boundary = 0;
    let i = 0;
    while (i < length) {
      if (i === boundary && this.#template !== undefined && this.#line === UNKNOWN) {
        i = this.#skipAlike(chunk, i, this.#template);
        boundary = i;
        if (i === length) break;
      }
      if (this.#line !== UNKNOWN) {
        const lineEnd = chunk.indexOf(LF, i);
        const to = lineEnd < 0 ? length : lineEnd;
        if (this.#line === PAYLOAD) this.scanner.scan(chunk, i, to);
        if (lineEnd < 0) break;
        this.#line = UNKNOWN;
        this.#matched = 0;
        i = lineEnd + 1;
        continue;
      }
      const c = chunk[i]!;
      if (c === DATA[this.#matched]) {
        i++;
        if (++this.#matched === DATA.length) this.#line = PAYLOAD;
      } else if (c === LF && this.#matched === 0) {
        i++;
        if (this.#endEvent(chunk, forwarded, boundary, i, out)) forwarded = i;
        boundary = i;
      } else if (c === CR && this.#matched === 0) i++;
      else this.#line = OTHER;
    }
    this.#forward(chunk, forwarded, boundary, out);
    if (boundary < length) this.#hold(chunk, boundary, out);
  }

  finish(out: Uint8Array[]): undefined {
    out.push(...this.#held);
    this.#held = [];
  }

  /**
   * An event ends in this chunk.
   * @param forwarded up to here the chunk has been dealt with
   * @param start of the event, in this chunk or 0
   * @param end behind it
   * @returns whether the event is left out
   */
  #endEvent(chunk: Buffer, forwarded: number, start: number, end: number, out: Uint8Array[]): boolean {
    const { scanner } = this;
    const hidden =
      this.#usageHidden &&
      scanner.usageAtRoot &&
      !scanner.choicesFilled &&
      !scanner.failed &&
      !this.#overlong;
    if (hidden) this.#forward(chunk, forwarded, start, out);
    else if (this.#held.length > 0) out.push(...this.#held);
    else if (scanner.texts === 1 && scanner.usages === 0 && !this.#overlong) this.#learn(chunk, start, end);
    if (this.#held.length > 0) this.#held = [];
    this.#heldBytes = 0;
    this.#overlong = false;
    this.#over = scanner.terminated;
    scanner.reset();
    return hidden;
  }

  /** @returns behind the events that stand there and are like the template, of which only the text counts */
  #skipAlike(chunk: Buffer, from: number, template: EventTemplate): number {
    if (this.#held.length > 0 || this.#overlong) return from;
    let at = from;
    for (let end = 0; ; at = end) {
      end = template.match(chunk, at);
      if (end < 0) break;
      this.scanner.count(chunk, template.textStart, template.textEnd);
      this.#lessons = 0;
    }
    return at;
  }

  /** @param start of an event that holds one text and no usage: whatever else it says has been said @param end behind it */
  #learn(chunk: Buffer, start: number, end: number): void {
    if (++this.#lessons > LESSONS_MAX) {
      this.#template = undefined;
      return;
    }
    const { textStart, textEnd, plainStart, plainEnd } = this.scanner;
    const event = Buffer.from(chunk.subarray(start, end));
    const text = { start: textStart - start, end: textEnd - start };
    const padding = { start: plainStart - start, end: plainEnd - start };
    this.#template = new EventTemplate(event, text, plainStart > textEnd ? padding : undefined);
  }

  #forward(chunk: Buffer, from: number, to: number, out: Uint8Array[]): void {
    if (from < to) out.push(from === 0 && to === chunk.length ? chunk : chunk.subarray(from, to));
  }

  /** Keeps the beginning of an event until its end comes, unless it is too long for that. */
  #hold(chunk: Buffer, from: number, out: Uint8Array[]): void {
    const part = chunk.subarray(from);
    if (this.#overlong) {
      out.push(part);
      return;
    }
    this.#held.push(part);
    this.#heldBytes += part.length;
    if (this.#heldBytes <= HELD_BYTES_MAX) return;
    out.push(...this.#held);
    this.#held = [];
    this.#overlong = true;
  }
}

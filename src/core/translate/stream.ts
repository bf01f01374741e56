import { reportOf } from '../dialects/report.ts';
import type { Exchange } from '../exchange.ts';
import type { StreamMeter } from '../meter/stream.ts';
import type { Answer } from '../relay/answer.ts';
import { EventReader } from './events.ts';
import { isError, parseAnswer } from './parse.ts';
import { type Lesson, Pattern } from './pattern.ts';
import type { AnswerTranslation, EventTranslator, JsonObject } from './translation.ts';

/** So many events that only add text, one behind the other, before their pattern is learned. */
const PATIENCE = 2;
/** A pattern that was used less was not worth it: the next one has to wait twice as long. */
const USED_MIN = 16;

/** A stream of events, translated one by one. */
export class TranslatedStream implements Answer, Lesson {
  readonly #meter: StreamMeter;
  readonly #exchange: Exchange;
  readonly #reader: EventReader;
  readonly #translator: EventTranslator;
  #metered: Uint8Array[] = [];
  /** For the client, since the last time. */
  #text = '';
  #ended = false;
  #pattern: Pattern | undefined = undefined;
  /** Events that only added text, up to the last. */
  #run = 0;
  /** What the last event said. */
  #said: string | undefined = undefined;
  #patience = PATIENCE;

  /** @param eventBytesMax longest event that is translated */
  constructor(meter: StreamMeter, exchange: Exchange, translation: AnswerTranslation, eventBytesMax: number) {
    const { api } = exchange;
    this.#meter = meter;
    this.#exchange = exchange;
    this.#reader = new EventReader(eventBytesMax, (data) => this.#onData(data));
    this.#translator = translation.stream((event) => {
      this.#text += api.event(event);
    });
  }

  get whole(): boolean {
    return this.#meter.whole;
  }

  get failed(): boolean {
    return this.#meter.failed;
  }

  get over(): boolean {
    return this.#meter.over;
  }

  get enough(): boolean {
    return this.#meter.enough;
  }

  get interruptible(): boolean {
    return !this.#ended;
  }

  push(chunk: Buffer, out: Uint8Array[]): void {
    this.#meter.push(chunk, this.#metered);
    this.#read(out);
  }

  finish(out: Uint8Array[]): undefined {
    this.#meter.finish(this.#metered);
    this.#read(out);
    this.#reader.end();
    this.#end();
    this.#flush(out);
  }

  get textBytes(): number {
    return this.#meter.textBytes;
  }

  settle(observe: boolean): ReturnType<Answer['settle']> {
    return this.#meter.settle(observe);
  }

  said(event: JsonObject): string | undefined {
    return this.#translator.said?.(event);
  }

  translate(event: JsonObject): string {
    const waiting = this.#text;
    this.#text = '';
    this.#translator.push(event);
    const translated = this.#text;
    this.#text = waiting;
    return translated;
  }

  #read(out: Uint8Array[]): void {
    const parts = this.#metered;
    this.#metered = [];
    try {
      for (const part of parts) this.#readPart(part as Buffer);
      // Not at the end of the connection, which may be long in coming.
      if (this.over) this.#end();
    } finally {
      this.#flush(out);
    }
  }

  /** @param part whole events, as a rule one */
  #readPart(part: Buffer): void {
    const text = this.#pattern?.render(part);
    if (text !== undefined) {
      this.#text += text;
      return;
    }
    this.#forget();
    this.#reader.push(part);
    if (this.#said !== undefined && this.#run >= this.#patience && !this.#ended) {
      this.#pattern = Pattern.learn(lastEvent(part), this.#said, this);
      this.#run = 0;
    }
  }

  /** After any other event, the same event may have to be translated otherwise. */
  #forget(): void {
    if (this.#pattern === undefined) return;
    this.#patience = this.#pattern.used < USED_MIN ? this.#patience * 2 : PATIENCE;
    this.#pattern = undefined;
    this.#run = 0;
  }

  #flush(out: Uint8Array[]): void {
    if (this.#text === '') return;
    out.push(Buffer.from(this.#text));
    this.#text = '';
  }

  #onData(data: string): void {
    if (this.#ended) return;
    if (data === '[DONE]') {
      this.#end();
      return;
    }
    const event = parseAnswer(data, 'An event of the stream');
    if (isError(event)) {
      this.#fail(event);
      return;
    }
    this.#said = this.said(event);
    this.#run = this.#said === undefined ? 0 : this.#run + 1;
    this.#translator.push(event);
  }

  #fail(event: JsonObject): void {
    const { api, requestId } = this.#exchange;
    this.#ended = true;
    this.#text += api.errorEvent(reportOf(200, event, api.dialect), requestId);
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#translator.end();
    this.#text += this.#exchange.api.endMark;
  }
}

const BLANK_LINE = '\n\n';

/** @param events each with its blank line */
function lastEvent(events: Buffer): Buffer {
  const before = events.lastIndexOf(BLANK_LINE, -1 - BLANK_LINE.length);
  return events.subarray(before < 0 ? 0 : before + BLANK_LINE.length);
}

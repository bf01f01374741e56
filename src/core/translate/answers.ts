import { reportOf, type UpstreamReport } from '../dialects/report.ts';
import { ProxyError } from '../errors.ts';
import type { Exchange } from '../exchange.ts';
import type { DocumentMeter } from '../meter/document.ts';
import type { Observation } from '../meter/observe.ts';
import type { StreamMeter } from '../meter/stream.ts';
import type { Answer } from '../relay/answer.ts';
import type { DialectName } from '../types.ts';
import { EventReader } from './events.ts';
import type { EventTranslator, JsonObject, Translated } from './translation.ts';

export interface AnswerLimits {
  /** Longest document that is translated. */
  readonly documentBytesMax: number;
  /** Longest event that is translated. */
  readonly eventBytesMax: number;
}

/** A stream of events, translated one by one. */
export class TranslatedStream implements Answer {
  readonly #meter: StreamMeter;
  readonly #exchange: Exchange;
  readonly #reader: EventReader;
  readonly #translator: EventTranslator;
  #metered: Uint8Array[] = [];
  /** For the client, since the last time. */
  #text = '';
  #ended = false;

  constructor(
    meter: StreamMeter,
    exchange: Exchange,
    translated: Translated,
    { eventBytesMax }: AnswerLimits,
  ) {
    const { api } = exchange;
    this.#meter = meter;
    this.#exchange = exchange;
    this.#reader = new EventReader(eventBytesMax, (data) => this.#onData(data));
    this.#translator = translated.stream((event) => {
      this.#text += api.event(event);
    });
  }

  get whole(): boolean {
    return this.#meter.whole;
  }

  get failed(): boolean {
    return this.#meter.failed;
  }

  get interruptible(): boolean {
    return true;
  }

  push(chunk: Buffer, out: Uint8Array[]): void {
    this.#meter.push(chunk, this.#metered);
    this.#read(out);
  }

  finish(out: Uint8Array[]): undefined {
    this.#meter.finish(this.#metered);
    this.#read(out);
    this.#end();
    this.#flush(out);
  }

  settle(): 'reported' | Observation {
    return this.#meter.settle();
  }

  #read(out: Uint8Array[]): void {
    const parts = this.#metered;
    this.#metered = [];
    try {
      for (const part of parts) this.#reader.push(part as Buffer);
    } finally {
      this.#flush(out);
    }
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
    const event = parse(data, 'An event of the stream');
    if (isError(event)) this.#fail(event);
    else this.#translator.push(event);
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

/** One JSON document, translated when it is complete. */
export class TranslatedDocument implements Answer {
  readonly #meter: DocumentMeter;
  readonly #dialect: DialectName;
  readonly #translated: Translated;
  readonly #bytesMax: number;
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  readonly interruptible = false;

  /** @param dialect the client's */
  constructor(
    meter: DocumentMeter,
    dialect: DialectName,
    translated: Translated,
    { documentBytesMax }: AnswerLimits,
  ) {
    this.#meter = meter;
    this.#dialect = dialect;
    this.#translated = translated;
    this.#bytesMax = documentBytesMax;
  }

  get failed(): boolean {
    return this.#meter.failed;
  }

  get whole(): boolean {
    return this.#meter.whole;
  }

  push(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > this.#bytesMax) {
      throw new ProxyError('upstream_invalid', {
        message: `The answer is longer than ${this.#bytesMax} bytes, which is as much as is translated.`,
      });
    }
    this.#meter.push(chunk, this.#chunks);
  }

  finish(out: Uint8Array[]): UpstreamReport | undefined {
    const answer = parse(Buffer.concat(this.#chunks).toString(), 'The answer');
    this.#chunks = [];
    if (isError(answer)) return reportOf(200, answer, this.#dialect);
    out.push(Buffer.from(JSON.stringify(this.#translated.document(answer))));
    return undefined;
  }

  settle(): 'reported' | Observation {
    return this.#meter.settle();
  }
}

/** Some upstreams report errors under status 200. */
const isError = ({ type, error }: JsonObject): boolean =>
  type === 'error' || (error !== undefined && error !== null);

function parse(text: string, what: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ProxyError('upstream_invalid', { message: `${what} is not valid JSON.`, cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ProxyError('upstream_invalid', { message: `${what} is not a JSON object.` });
  }
  return value as JsonObject;
}

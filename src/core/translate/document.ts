import { reportOf, type UpstreamReport } from '../dialects/report.ts';
import { ProxyError } from '../errors.ts';
import type { DocumentMeter } from '../meter/document.ts';
import type { Answer } from '../relay/answer.ts';
import type { DialectName } from '../types.ts';
import { holdsAnswer, isError, parseAnswer } from './parse.ts';
import type { AnswerTranslation } from './translation.ts';

/** One JSON document, translated when it is complete. */
export class TranslatedDocument implements Answer {
  readonly #meter: DocumentMeter;
  readonly #dialect: DialectName;
  readonly #translation: AnswerTranslation;
  readonly #bytesMax: number;
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  readonly interruptible = false;
  readonly over = false;

  /**
   * @param dialect the client's
   * @param bytesMax longest document that is translated
   */
  constructor(meter: DocumentMeter, dialect: DialectName, translation: AnswerTranslation, bytesMax: number) {
    this.#meter = meter;
    this.#dialect = dialect;
    this.#translation = translation;
    this.#bytesMax = bytesMax;
  }

  get failed(): boolean {
    return this.#meter.failed;
  }

  get whole(): boolean {
    return this.#meter.whole;
  }

  get enough(): boolean {
    return this.#meter.paidFor;
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
    const answer = parseAnswer(Buffer.concat(this.#chunks).toString(), 'The answer');
    this.#chunks = [];
    if (isError(answer)) return reportOf(200, answer, this.#dialect);
    if (!holdsAnswer(answer)) {
      throw new ProxyError('upstream_invalid', { message: 'The answer has neither choices nor content.' });
    }
    out.push(Buffer.from(JSON.stringify(this.#translation.document(answer))));
    return undefined;
  }

  get textBytes(): number {
    return this.#meter.textBytes;
  }

  settle(observe: boolean): ReturnType<Answer['settle']> {
    return this.#meter.settle(observe);
  }
}

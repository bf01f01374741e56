import type { Api } from '../dialects/api.ts';
import { statusFor } from '../dialects/report.ts';
import type { Exchange } from '../exchange.ts';
import { DocumentMeter } from '../meter/document.ts';
import { StreamMeter } from '../meter/stream.ts';
import type { Answer } from '../relay/answer.ts';
import { EVENT_STREAM, type UpstreamCall } from '../relay/call.ts';
import { ErrorAnswer } from '../relay/error.ts';
import type { ResponseHead } from '../relay/head.ts';
import type { Upstream } from '../upstream/upstreams.ts';
import { TranslatedDocument } from './document.ts';
import { TranslatedStream } from './stream.ts';
import type { AnswerTranslation, Translated } from './translation.ts';

/** Response headers that mean the same in every API. */
const SHARED: ReadonlySet<string> = new Set(['retry-after', 'retry-after-ms', 'x-should-retry']);
const NO_CACHE = ['content-type', `${EVENT_STREAM}; charset=utf-8`, 'cache-control', 'no-cache'];
const JSON_TYPE = ['content-type', 'application/json'];

export interface AnswerLimits {
  /** Longest document that is translated. */
  readonly documentBytesMax: number;
  /** Longest event that is translated. */
  readonly eventBytesMax: number;
}

/** A call through another API than the client speaks. The upstream's own count is read before anything is translated. */
export class TranslatedCall implements UpstreamCall {
  readonly upstream: Upstream;
  readonly api: Api;
  readonly body: readonly Buffer[];
  readonly otherwise = undefined;
  readonly #translation: AnswerTranslation;
  readonly #limits: AnswerLimits;
  readonly #onAnswer: (() => void) | undefined;

  /** @param onAnswer is told when the upstream gives an answer that is no error */
  constructor(
    upstream: Upstream,
    api: Api,
    translated: Translated,
    limits: AnswerLimits,
    onAnswer?: () => void,
  ) {
    this.upstream = upstream;
    this.api = api;
    this.body = [Buffer.from(JSON.stringify(translated.request))];
    this.#translation = translated.answer;
    this.#limits = limits;
    this.#onAnswer = onAnswer;
  }

  head(upstreams: ResponseHead, { api }: Exchange): ResponseHead {
    const shared = upstreams.headers.filter((_, i, all) => SHARED.has(all[i - (i % 2)]!));
    const streaming = upstreams.status < 400 && upstreams.contentType === EVENT_STREAM;
    return {
      ...upstreams,
      status: statusFor(api.dialect, upstreams.status),
      headers: [...(streaming ? NO_CACHE : JSON_TYPE), ...shared],
    };
  }

  receive(exchange: Exchange, { status, contentType }: ResponseHead): Answer {
    const { reported } = exchange;
    if (status >= 400) return new ErrorAnswer(status, exchange.api.dialect);
    this.#onAnswer?.();
    return contentType === EVENT_STREAM
      ? new TranslatedStream(
          new StreamMeter(this.api, reported, false),
          exchange,
          this.#translation,
          this.#limits.eventBytesMax,
        )
      : new TranslatedDocument(
          new DocumentMeter(this.api, reported),
          exchange.api.dialect,
          this.#translation,
          this.#limits.documentBytesMax,
        );
  }
}

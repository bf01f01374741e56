import type { EpochMs } from '../types.ts';

/** What `JSON.parse` makes of an object. */
export interface JsonObject {
  readonly [key: string]: unknown;
}

/** From the API that a client speaks to the one that an upstream has. */
export interface Translation {
  /**
   * Takes on one request.
   * @throws ProxyError `invalid_field`, which names the field that the upstream's API has no place for
   */
  open(request: JsonObject, options: TranslationOptions): Translated;
}

export interface TranslationOptions {
  /** For the upstream. */
  readonly model: string;
  /** For Anthropic's `max_tokens`, where the client gives none. */
  readonly maxTokensDefault: number;
  /** From which ids are made where the upstream gives none. */
  readonly id: string;
  readonly now: EpochMs;
}

/** What becomes of an answer. It lives as long as a stream does, and must not hold on to the request. */
export interface AnswerTranslation {
  /** An answer that is one document. Members that have an unexpected type are as good as absent. */
  readonly document: (answer: JsonObject) => JsonObject;
  /** An answer that is a stream of events. It needs the same memory however long the stream is. */
  readonly stream: (emit: Emit) => EventTranslator;
}

/** One request in the words of the upstream's API, and its answer in those of the client's. */
export interface Translated {
  readonly request: JsonObject;
  readonly answer: AnswerTranslation;
}

/** Sends one event to the client. */
export type Emit = (event: JsonObject) => void;

export interface EventTranslator {
  /**
   * The text of an event that adds text to what is there, and after which this translator is as it was before; undefined
   * for any other. A translator that has none of these leaves this out.
   */
  said?(event: JsonObject): string | undefined;
  /** An event of the upstream's. Errors never get here. @throws ProxyError `upstream_invalid` */
  push(event: JsonObject): void;
  /** The upstream's stream is whole: emits what is still due. */
  end(): void;
}

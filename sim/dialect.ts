import type { Answer } from './answer.ts';
import type { Counts } from './counts.ts';
import type { Script } from './script.ts';

export type DialectName = 'openai' | 'anthropic';

/** What of a request decides its answer. */
export interface Asked {
  readonly model: string;
  readonly stream: boolean;
  /** OpenAI: `stream_options.include_usage`. */
  readonly includeUsage: boolean;
  /** Of the system prompt and the messages, in order. */
  readonly texts: readonly string[];
}

/** One server-sent event. */
export interface SseEvent {
  readonly event?: string;
  readonly data: string;
  /** A delta of text, thinking or tool arguments: what `chunks` and `after` count. */
  readonly content?: boolean;
  /** The text in it, if it is a text delta. */
  readonly text?: string;
  /** What has been reported once this event is out. */
  readonly reported?: Counts;
}

/** A request that the real API would refuse. */
export class Refusal extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
  }
}

/** One API as its vendor serves it. */
export interface Dialect {
  readonly name: DialectName;
  readonly path: string;
  /** Those that this API is known to use. */
  readonly usageShapes: readonly NonNullable<Script['usageShape']>[];
  /** Whether its streams have ping events. */
  readonly pings: boolean;
  /** Without these a request is refused. */
  readonly requiredHeaders: readonly string[];
  /** @param body parsed JSON @throws {Refusal} @throws {z.ZodError} */
  read(body: unknown): Asked;
  json(answer: Answer): string;
  /** All events; the last is the one that tells a whole stream from a cut one. */
  events(answer: Answer): SseEvent[];
  /** What the usage of an answer tells of its counts. */
  reported(counts: Counts): Counts;
  errorBody(status: number, message: string): string;
  errorEvent(message: string): SseEvent;
  models(names: readonly string[]): string;
  /** Response headers that the vendor sends, as a flat list. */
  headers(id: string): readonly string[];
}

/** The text of a message's content: a string, or blocks of which some have text. */
export function textOf(content: unknown): string[] {
  if (typeof content === 'string') return [content];
  if (!Array.isArray(content)) return [];
  return content.flatMap((block: unknown) => {
    const text = typeof block === 'object' && block !== null ? (block as { text?: unknown }).text : undefined;
    return typeof text === 'string' ? [text] : [];
  });
}

/** The same at every run: the simulator's answers depend on nothing but the request and the script. */
export const CREATED_S = 1_767_225_600;

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
  /** To each text: how often the assistant has spoken after it. */
  readonly turnsAfter: readonly number[];
  /** Refuses what only the script can tell to be wrong. @throws {Refusal} */
  readonly admit?: (script: Script) => void;
  /** OpenAI embeddings: how many are asked for, of what length, in which coding. */
  readonly embeddings?: {
    readonly count: number;
    readonly dimensions: number | undefined;
    readonly base64: boolean;
  };
  /** OpenAI responses: whether reasoning comes with its encrypted form. */
  readonly encrypted?: boolean;
}

/** What was said by one side at a time. */
export interface Said {
  readonly assistant: boolean;
  readonly texts: readonly string[];
}

/** One server-sent event. */
export interface SseEvent {
  readonly event?: string;
  readonly data: string;
  /** A comment line before it. */
  readonly comment?: string;
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
  /** What OpenAI's error body tells beside the message. */
  readonly details: RefusalDetails;
  /** Of the request that was refused, as far as it could be read: for the books. */
  script: Script = {};
  constructor(status: number, message: string, details: RefusalDetails = {}) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.details = details;
  }
}

export interface RefusalDetails {
  readonly param?: string;
  readonly code?: string;
  /** The whole body, of a vendor whose errors look different. */
  readonly body?: unknown;
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
  /** @param body parsed JSON @param isBeta whether the request asks for features on trial @throws {Refusal} */
  read(body: unknown, isBeta: boolean): Asked;
  json(answer: Answer): string;
  /** All events; the last is the one that tells a whole stream from a cut one. */
  events(answer: Answer): SseEvent[];
  /** What the usage of an answer tells of its counts. */
  reported(counts: Counts): Counts;
  errorBody(status: number, message: string, details?: RefusalDetails): string;
  /** @param at the number of events before it */
  errorEvent(message: string, answer: Answer, at: number): SseEvent;
  models(names: readonly string[]): string;
  /** Response headers that the vendor sends, as a flat list. */
  headers(id: string): readonly string[];
}

/** The text of a message's content: a string, or blocks of which some have text, or content with text in its turn. */
export function textOf(content: unknown): string[] {
  if (typeof content === 'string') return [content];
  if (!Array.isArray(content)) return [];
  return content.flatMap((block: unknown) => {
    if (typeof block !== 'object' || block === null) return [];
    const { text, content: inner } = block as { text?: unknown; content?: unknown };
    return typeof text === 'string' ? [text] : textOf(inner);
  });
}

/** Messages of the assistant in a row are one turn. */
export function textsOf(said: readonly Said[]): Pick<Asked, 'texts' | 'turnsAfter'> {
  const texts: string[] = [];
  const turns: number[] = [];
  let turn = 0;
  said.forEach((message, i) => {
    if (message.assistant && !said[i - 1]?.assistant) turn++;
    for (const text of message.texts) {
      texts.push(text);
      turns.push(turn);
    }
  });
  return { texts, turnsAfter: turns.map((before) => turn - before) };
}

/** The dialect's word for what `stop` in a script asks for, or for what an answer without it ends with. */
export function stopOf({ script, tools }: Answer, words: Readonly<Record<string, string>>): string {
  const { refusal, stop = refusal === undefined ? (tools.length > 0 ? 'tool_use' : 'end_turn') : 'refusal' } =
    script;
  const word = words[stop];
  if (word === undefined) throw new Refusal(400, `bad script: this API does not stop with ${stop}`);
  return word;
}

/** The same at every run: the simulator's answers depend on nothing but the request and the script. */
export const CREATED_S = 1_767_225_600;

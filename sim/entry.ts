import type { Counts } from './counts.ts';
import type { DialectName } from './dialect.ts';
import type { Script } from './script.ts';
import type { Step } from './step.ts';

/** Where an answer is. */
export type State =
  /** The request is complete. */
  | 'received'
  /** The first byte of the answer is on its way. */
  | 'answering'
  /** A fault holds it, until the other side leaves. */
  | 'stalled'
  /** All that was to be sent has been sent, and the HTTP message has ended. */
  | 'finished'
  /** The simulator has broken the connection, as the script asked. */
  | 'broken'
  /** The other side has left before the end. */
  | 'aborted';

const ENDED: ReadonlySet<State | undefined> = new Set(['finished', 'broken', 'aborted']);

/** One request and what it was answered. */
export class Entry {
  readonly id: number;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  /** As they came, in a flat list: name, value, … */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** `Authorization`, or else `x-api-key`. */
  readonly authorization: string | undefined;
  /** Undefined for requests that were not understood, and for those that ask no model. */
  dialect: DialectName | undefined;
  model: string | undefined;
  stream = false;
  script: Script = {};
  /** 0: no HTTP head was sent. */
  status = 0;
  /** What was handed to the socket. */
  readonly steps: Step[] = [];
  /** The states that it has been in; the last is the present one. */
  readonly trail: State[] = [];

  constructor(id: number, method: string, url: string, rawHeaders: readonly string[], body: Buffer) {
    this.id = id;
    this.method = method;
    const [path = '', query = ''] = url.split('?', 2);
    this.path = path;
    this.query = query;
    this.rawHeaders = rawHeaders;
    this.body = body;
    this.authorization = this.header('authorization') ?? this.header('x-api-key');
  }

  /** The first of that name. @param name lower case */
  header(name: string): string | undefined {
    for (let i = 0; i < this.rawHeaders.length; i += 2) {
      if (this.rawHeaders[i]!.toLowerCase() === name) return this.rawHeaders[i + 1];
    }
    return undefined;
  }

  get state(): State | undefined {
    return this.trail.at(-1);
  }

  get ended(): boolean {
    return ENDED.has(this.state);
  }

  /** The usage that was last told, or undefined. */
  get reported(): Counts | undefined {
    return this.steps.findLast(({ reported }) => reported !== undefined)?.reported;
  }

  /** The text deltas that were sent. */
  get text(): string {
    return this.steps.map(({ text }) => text).join('');
  }

  /** Content chunks that were sent whole. */
  get chunks(): number {
    return this.steps.reduce((sum, { chunks }) => sum + chunks, 0);
  }

  /** The response body as handed to the socket. */
  get sent(): Buffer {
    return Buffer.concat(this.steps.map(({ bytes }) => bytes));
  }

  get sentBytes(): number {
    return this.steps.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  toJSON(): object {
    const { id, method, path, query, rawHeaders, authorization, dialect, model, stream, script, status } =
      this;
    return {
      ...{ id, method, path, query, rawHeaders, authorization, dialect, model, stream, script, status },
      ...{ trail: this.trail, reported: this.reported ?? null, text: this.text, chunks: this.chunks },
      sentBytes: this.sentBytes,
      body: this.body.toString('base64'),
    };
  }
}

import { addCounts, type Counts, NO_TOKENS } from './counts.ts';
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

/** One request and what it was answered. */
export class Entry {
  readonly id: number;
  readonly method: string;
  /** With the query. */
  readonly path: string;
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

  constructor(id: number, method: string, path: string, rawHeaders: readonly string[], body: Buffer) {
    this.id = id;
    this.method = method;
    this.path = path;
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

  get state(): State {
    return this.trail.at(-1)!;
  }

  get ended(): boolean {
    return this.state === 'finished' || this.state === 'broken' || this.state === 'aborted';
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
    const { id, method, path, rawHeaders, authorization, dialect, model, stream, script, status } = this;
    return {
      ...{ id, method, path, rawHeaders, authorization, dialect, model, stream, script, status },
      ...{ trail: this.trail, reported: this.reported ?? null, text: this.text, chunks: this.chunks },
      sentBytes: this.sentBytes,
      body: this.body.toString('base64'),
    };
  }
}

export interface Totals {
  requests: number;
  finished: number;
  broken: number;
  aborted: number;
  /** Answered with a status of 400 or more. */
  refused: number;
  sentBytes: number;
  /** Requests for each model; of the first `MODELS_MAX` models. */
  models: Record<string, number>;
  /** The sum of what each request was told last. */
  reported: Counts;
}

interface Waiter {
  readonly state: State;
  readonly script: string | undefined;
  readonly resolve: (entry: Entry) => void;
  readonly reject: (error: Error) => void;
}

const MODELS_MAX = 1_000;
/** Request bodies that are kept, together. */
const BODIES_BYTES_MAX = 67_108_864;

const emptyTotals = (): Totals => ({
  ...{ requests: 0, finished: 0, broken: 0, aborted: 0, refused: 0, sentBytes: 0 },
  models: {},
  reported: NO_TOKENS,
});

/** What the simulator was asked and what it sent: the second set of books, to hold against those of a gateway. */
export class Books {
  readonly #entriesMax: number;
  readonly #waiters = new Set<Waiter>();
  #entries: Entry[] = [];
  #bodiesBytes = 0;
  #totals = emptyTotals();

  /** @param entriesMax how many of the last requests are kept; the totals are of all */
  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  /** Oldest first. */
  get entries(): readonly Entry[] {
    return this.#entries;
  }

  get totals(): Readonly<Totals> {
    return this.#totals;
  }

  /** The last request kept; of that script, if one is named. */
  last(script?: string): Entry | undefined {
    return this.#entries.findLast((entry) => script === undefined || entry.script.id === script);
  }

  /**
   * The first kept request, of that script if one is named, that has reached the state or will reach it.
   * Rejects when the simulator is closed first.
   */
  until(state: State, script?: string): Promise<Entry> {
    const there = this.#entries.find((entry) => matches(entry, script) && entry.trail.includes(state));
    if (there !== undefined) return Promise.resolve(there);
    return new Promise((resolve, reject) => this.#waiters.add({ state, script, resolve, reject }));
  }

  /** For the simulator, once the request is understood or refused. */
  open(entry: Entry): void {
    const totals = this.#totals;
    totals.requests++;
    if (entry.model !== undefined) {
      const count = totals.models[entry.model];
      if (count !== undefined || Object.keys(totals.models).length < MODELS_MAX) {
        totals.models[entry.model] = (count ?? 0) + 1;
      }
    }
    if (this.#entriesMax > 0) {
      this.#entries.push(entry);
      this.#bodiesBytes += entry.body.length;
      while (this.#entries.length > this.#entriesMax || this.#bodiesBytes > BODIES_BYTES_MAX) {
        this.#bodiesBytes -= this.#entries.shift()!.body.length;
      }
    }
    this.enter(entry, 'received');
  }

  /** For the simulator: the entry's next state. An entry that has ended stays as it is. */
  enter(entry: Entry, state: State): void {
    if (entry.trail.length > 0 && entry.ended) return;
    entry.trail.push(state);
    if (state === 'finished' || state === 'broken' || state === 'aborted') this.#close(entry, state);
    for (const waiter of this.#waiters) {
      if (waiter.state !== state || !matches(entry, waiter.script)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(entry);
    }
  }

  #close(entry: Entry, state: 'finished' | 'broken' | 'aborted'): void {
    const totals = this.#totals;
    totals[state]++;
    if (entry.status >= 400) totals.refused++;
    totals.sentBytes += entry.sentBytes;
    if (entry.reported !== undefined) totals.reported = addCounts(totals.reported, entry.reported);
  }

  /** Forgets everything so far. */
  reset(): void {
    this.#entries = [];
    this.#bodiesBytes = 0;
    this.#totals = emptyTotals();
  }

  /** For the simulator: nothing more will happen. */
  stop(): void {
    for (const { reject } of this.#waiters) reject(new Error('the simulator was closed'));
    this.#waiters.clear();
  }
}

const matches = (entry: Entry, script: string | undefined): boolean =>
  script === undefined || entry.script.id === script;

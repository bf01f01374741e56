import { addCounts, type Counts, NO_TOKENS } from './counts.ts';
import type { Entry, State } from './entry.ts';

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
  models: Object.create(null) as Record<string, number>,
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
    if (entry.ended) return;
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

import { LRUCache } from 'lru-cache';
import { ProxyError } from '../errors.ts';
import type { Awaitable } from '../plugin.ts';
import type { MonotonicMs } from '../types.ts';

/** Look-ups of one cache that may be under way. Beyond it, what is not remembered gets `directory_unavailable`. */
export const LOOKUPS_MAX = 1_000;
/** While the database is away, what is remembered is served at once, and one look-up in this time tests the water. */
export const PROBE_INTERVAL_MS = 1_000;

/** How long a known answer that is too old waits for a new one. */
export const PATIENCE_MS = 250;

/** The time of its look-up lies in the answer itself, so that a remembered answer is one object. */
export interface Dated {
  /** When the look-up began. Set by the cache. */
  checkedAt: MonotonicMs;
}

/** Where known answers are kept. Bounded: it drives out what has not been asked for lately. */
export interface Store<K, V> {
  /** @returns the object that was set, or another one with the same values */
  get(key: K): V | undefined;
  set(key: K, answer: V): unknown;
  delete(key: K): unknown;
}

export interface CacheOptions<K, V> {
  /** Asks the database. Gives a new object, or null if there is no such key. */
  readonly load: (key: K) => Promise<V | null>;
  /** Empty, and for this cache alone. */
  readonly known: Store<K, V>;
  readonly refusedMax: number;
  readonly ttlMs: number;
  readonly refusalTtlMs: number;
  readonly clock: () => MonotonicMs;
}

/** Counts since the start. */
export interface CacheStats {
  /** Answered from memory, with something. */
  hits: number;
  /** Answered from memory, with null. */
  refusals: number;
  /** Had to wait for the database, or were turned away. */
  misses: number;
}

interface Flight<V> {
  answer: Promise<V | null>;
}

/**
 * Answers from memory, and from the database where memory is empty or too old. Known and refused keys are kept
 * apart, so that a flood of refusals drives out nothing that is good.
 */
export class LookupCache<K extends string | number, V extends Dated> {
  readonly stats: CacheStats = { hits: 0, refusals: 0, misses: 0 };

  readonly #options: CacheOptions<K, V>;
  readonly #known: Store<K, V>;
  readonly #refusedAt: LRUCache<K, MonotonicMs>;
  /** Look-ups that others may join and whose answer will be remembered: none whose key was dropped since it began. */
  readonly #flights = new Map<K, Flight<V>>();
  #flightsOpen = 0;
  /** Answers from then or earlier are too old. */
  #allDroppedAt: MonotonicMs = Number.NEGATIVE_INFINITY;
  #databaseAway = false;
  #probeAt: MonotonicMs = 0;

  constructor(options: CacheOptions<K, V>) {
    this.#options = options;
    this.#known = options.known;
    this.#refusedAt = new LRUCache({ max: options.refusedMax });
  }

  /** @throws ProxyError `directory_unavailable`, also as a rejection */
  get(key: K): Awaitable<V | null> {
    const now = this.#options.clock();
    const known = this.#known.get(key);
    if (known !== undefined) {
      if (this.#isFresh(known.checkedAt, now, this.#options.ttlMs)) {
        this.stats.hits++;
        return known;
      }
      return this.#renew(key, known, now);
    }
    const refusedAt = this.#refusedAt.get(key);
    if (refusedAt !== undefined && this.#isFresh(refusedAt, now, this.#options.refusalTtlMs)) {
      this.stats.refusals++;
      return null;
    }
    this.stats.misses++;
    const flight = this.#join(key);
    if (flight !== undefined) return flight;
    throw new ProxyError('directory_unavailable', { cause: `${LOOKUPS_MAX} look-ups are under way` });
  }

  /** Forgets one key, even if the database is away. */
  drop(key: K): void {
    this.#known.delete(key);
    this.#refusedAt.delete(key);
    this.#flights.delete(key);
  }

  /** Trusts no answer so far. Known ones still serve while the database is away. */
  dropAll(): void {
    this.#allDroppedAt = this.#options.clock();
    this.#flights.clear();
  }

  #isFresh(checkedAt: MonotonicMs, now: MonotonicMs, ttlMs: number): boolean {
    return checkedAt > this.#allDroppedAt && now - checkedAt < ttlMs;
  }

  /** A known answer that is too old: waits for a new one, but never for a database that is known to be away. */
  #renew(key: K, known: V, now: MonotonicMs): Awaitable<V | null> {
    if (!this.#databaseAway) {
      const flight = this.#join(key);
      if (flight !== undefined) {
        this.stats.misses++;
        return this.#patiently(key, flight);
      }
    } else if (now >= this.#probeAt) {
      this.#probeAt = now + PROBE_INTERVAL_MS;
      this.#join(key)?.catch(() => {});
    }
    this.stats.hits++;
    return known;
  }

  /** A database that is slow to answer counts as away, so that its time-out does not become the clients'. */
  async #patiently(key: K, flight: Promise<V | null>): Promise<V | null> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
    });
    const answer = await Promise.race([flight, late]);
    clearTimeout(timer);
    if (answer !== undefined) return answer;
    this.#databaseAway = true;
    this.#probeAt = this.#options.clock() + PROBE_INTERVAL_MS;
    // It may have been dropped by name meanwhile, and what is known now is then newer than the flight's answer.
    return this.#known.get(key) ?? flight;
  }

  /** One look-up for a key, however many wait for it. @returns undefined when there are too many look-ups */
  #join(key: K): Promise<V | null> | undefined {
    const current = this.#flights.get(key);
    if (current !== undefined) return current.answer;
    if (this.#flightsOpen >= LOOKUPS_MAX) return undefined;
    const flight = {} as Flight<V>;
    this.#flights.set(key, flight);
    flight.answer = this.#lookUp(key, flight);
    return flight.answer;
  }

  async #lookUp(key: K, flight: Flight<V>): Promise<V | null> {
    this.#flightsOpen++;
    const checkedAt = this.#options.clock();
    try {
      const answer = await this.#options.load(key);
      this.#databaseAway = false;
      if (this.#flights.get(key) === flight) this.#remember(key, answer, checkedAt);
      return answer;
    } catch (cause) {
      this.#databaseAway = true;
      this.#probeAt = this.#options.clock() + PROBE_INTERVAL_MS;
      // Asked again, because the key may have been dropped since the look-up began.
      const known = this.#known.get(key);
      if (known !== undefined) return known;
      throw new ProxyError('directory_unavailable', { cause });
    } finally {
      this.#flightsOpen--;
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    }
  }

  #remember(key: K, answer: V | null, checkedAt: MonotonicMs): void {
    if (answer === null) {
      this.#known.delete(key);
      this.#refusedAt.set(key, checkedAt);
    } else {
      answer.checkedAt = checkedAt;
      this.#refusedAt.delete(key);
      this.#known.set(key, answer);
    }
  }
}

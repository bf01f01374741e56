import type { Store } from './cache.ts';
import type { UserEntry } from './queries.ts';

/** Of a digest is kept so much: as hard to meet by chance or by search as a random UUID's 122 bits, and more. */
const KEY_WORDS = 4;
const HEX_DIGITS_PER_WORD = 8;

/** A record is so many doubles: the key takes two, then come these. */
const RECORD_DOUBLES = 6;
const RECORD_WORDS = RECORD_DOUBLES * 2;
const USER_ID = 2;
/** NaN: none. */
const SUB_ID = 3;
const EXPIRES_AT = 4;
const CHECKED_AT = 5;

/** Bits of a record's state. */
const ACTIVE = 1;
/** Since the hand came by last. */
const USED = 2;

/** Slots are twice the records or more, so that a search looks at few of them. */
const SLOTS_PER_RECORD = 2;
const EMPTY = 0;
const NO_RECORD = -1;

const NIBBLES = new Uint8Array(128);
for (let nibble = 0; nibble < 16; nibble++) NIBBLES[nibble.toString(16).charCodeAt(0)] = nibble;

/**
 * Users by the digest of their token, without an object for each: 49 bytes a user and 8 to 16 of index for each of
 * `max`, where a Map of objects takes some 240, all for the garbage collector to visit (bench case `directory`).
 *
 * Room for all is reserved at once. The system gives memory to the part that is in use only, so nothing ever has to
 * grow, and no request waits for a table that is copied. Beyond `max` a user is driven out that has not been asked for
 * lately (the CLOCK algorithm, which is nearly least-recently-used and costs one bit).
 */
export class UserStore implements Store<string, UserEntry> {
  readonly #max: number;
  /** Keys, as the first words of each record. */
  readonly #words: Int32Array;
  /** The same memory. */
  readonly #doubles: Float64Array;
  readonly #states: Uint8Array;
  /** Open addressing with linear probing: 1 + the number of a record, or EMPTY. */
  readonly #slots: Uint32Array;
  readonly #mask: number;
  readonly #key = new Int32Array(KEY_WORDS);
  /** Records from here on have never been used. */
  #unused = 0;
  /** The first of the records that were given back; the first word of each leads to the next. */
  #free = NO_RECORD;
  #hand = 0;
  #size = 0;

  /** @param max users, at most @throws RangeError if there is no room for so many */
  constructor(max: number) {
    this.#max = max;
    const memory = new ArrayBuffer(max * RECORD_WORDS * Int32Array.BYTES_PER_ELEMENT);
    this.#words = new Int32Array(memory);
    this.#doubles = new Float64Array(memory);
    this.#states = new Uint8Array(max);
    const slots = 2 ** Math.ceil(Math.log2(max * SLOTS_PER_RECORD));
    this.#slots = new Uint32Array(slots);
    this.#mask = slots - 1;
  }

  get size(): number {
    return this.#size;
  }

  /** @param digest at least 32 hex digits, lower case; so below */
  get(digest: string): UserEntry | undefined {
    const found = this.#slots[this.#find(digest)]!;
    if (found === EMPTY) return undefined;
    const record = found - 1;
    const state = this.#states[record]!;
    if ((state & USED) === 0) this.#states[record] = state | USED;
    const at = record * RECORD_DOUBLES;
    const subId = this.#doubles[at + SUB_ID]!;
    return {
      userId: this.#doubles[at + USER_ID]!,
      subId: Number.isNaN(subId) ? null : subId,
      active: (state & ACTIVE) !== 0,
      expiresAt: this.#doubles[at + EXPIRES_AT]!,
      checkedAt: this.#doubles[at + CHECKED_AT]!,
    };
  }

  set(digest: string, user: UserEntry): void {
    let slot = this.#find(digest);
    if (this.#slots[slot] === EMPTY) {
      if (this.#size === this.#max) {
        this.#evict();
        // Others may have moved up.
        slot = this.#find(digest);
      }
      this.#slots[slot] = 1 + this.#claim();
    }
    const record = this.#slots[slot]! - 1;
    const at = record * RECORD_DOUBLES;
    this.#doubles[at + USER_ID] = user.userId;
    this.#doubles[at + SUB_ID] = user.subId ?? Number.NaN;
    this.#doubles[at + EXPIRES_AT] = user.expiresAt;
    this.#doubles[at + CHECKED_AT] = user.checkedAt;
    this.#states[record] = (this.#states[record]! & USED) | (user.active ? ACTIVE : 0);
  }

  delete(digest: string): void {
    const slot = this.#find(digest);
    if (this.#slots[slot] !== EMPTY) this.#remove(slot);
  }

  /** Leaves the digest's words in `#key`. @returns its slot, or the empty one where it belongs */
  #find(digest: string): number {
    const key = this.#key;
    for (let word = 0, at = 0; word < KEY_WORDS; word++) {
      let value = 0;
      for (const end = at + HEX_DIGITS_PER_WORD; at < end; at++) {
        value = (value << 4) | NIBBLES[digest.charCodeAt(at) & 127]!;
      }
      key[word] = value;
    }
    const words = this.#words;
    let slot = key[0]! & this.#mask;
    for (; this.#slots[slot] !== EMPTY; slot = (slot + 1) & this.#mask) {
      const at = (this.#slots[slot]! - 1) * RECORD_WORDS;
      if (
        words[at] === key[0] &&
        words[at + 1] === key[1] &&
        words[at + 2] === key[2] &&
        words[at + 3] === key[3]
      ) {
        return slot;
      }
    }
    return slot;
  }

  /** A record for the key in `#key`. */
  #claim(): number {
    let record = this.#free;
    if (record === NO_RECORD) record = this.#unused++;
    else this.#free = this.#words[record * RECORD_WORDS]!;
    this.#words.set(this.#key, record * RECORD_WORDS);
    this.#states[record] = 0;
    this.#size++;
    return record;
  }

  /** Goes round all records, which are all in use, to the first that was not used since the last time. */
  #evict(): void {
    for (; (this.#states[this.#hand]! & USED) !== 0; this.#hand = (this.#hand + 1) % this.#max) {
      this.#states[this.#hand]! &= ~USED;
    }
    let slot = this.#homeOf(this.#hand);
    while (this.#slots[slot] !== 1 + this.#hand) slot = (slot + 1) & this.#mask;
    this.#remove(slot);
    this.#hand = (this.#hand + 1) % this.#max;
  }

  /** Closes the gap, so that no search ends too early and no mark of what was deleted is left to slow it. */
  #remove(slot: number): void {
    const record = this.#slots[slot]! - 1;
    let gap = slot;
    for (let next = (gap + 1) & this.#mask; this.#slots[next] !== EMPTY; next = (next + 1) & this.#mask) {
      const wanted = this.#homeOf(this.#slots[next]! - 1);
      // Only what does not get in front of the slot where its own search begins.
      if (((next - wanted) & this.#mask) < ((next - gap) & this.#mask)) continue;
      this.#slots[gap] = this.#slots[next]!;
      gap = next;
    }
    this.#slots[gap] = EMPTY;
    this.#words[record * RECORD_WORDS] = this.#free;
    this.#free = record;
    this.#size--;
  }

  /** Where the search for a record begins. */
  #homeOf(record: number): number {
    return this.#words[record * RECORD_WORDS]! & this.#mask;
  }
}

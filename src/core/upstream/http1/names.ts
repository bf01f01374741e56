import { TOKEN } from './bytes.ts';

/** A power of two. */
const SLOTS = 1_024;

/** A header's name, as it has been seen once. */
export class HeaderName {
  /** In lower case. */
  readonly text: string;
  readonly wanted: boolean;
  /** Whether it says something about the message itself. */
  readonly frames: boolean;
  readonly #bytes: Buffer;

  constructor(text: string, wanted: boolean) {
    this.text = text;
    this.wanted = wanted;
    this.frames = FRAMING.has(text);
    this.#bytes = Buffer.from(text, 'latin1');
  }

  is(bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.#bytes;
    if (own.length !== end - start) return false;
    for (let i = 0; i < own.length; i++) if (own[i] !== TOKEN[bytes[start + i]!]) return false;
    return true;
  }
}

const FRAMING: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
]);

/**
 * Finds header names by their bytes, so that those that come again and again cost no string. Two names that fall on
 * the same slot drive each other out, which makes them slower and nothing else.
 */
export class HeaderNames {
  readonly #wants: (name: string) => boolean;
  readonly #slots: (HeaderName | undefined)[] = new Array(SLOTS).fill(undefined);

  constructor(wants: (name: string) => boolean) {
    this.#wants = wants;
  }

  /** @param hash of the name in lower case */
  find(bytes: Buffer, start: number, end: number, hash: number): HeaderName {
    const slot = hash & (SLOTS - 1);
    const known = this.#slots[slot];
    if (known?.is(bytes, start, end)) return known;
    const text = bytes.toString('latin1', start, end).toLowerCase();
    const name = new HeaderName(text, this.#wants(text));
    this.#slots[slot] = name;
    return name;
  }
}

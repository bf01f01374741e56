import type { Api } from '../dialects/api.ts';
import type { TokenCounts } from '../types.ts';
import { HELD_BYTES_MAX, Meter } from './meter.ts';

const SPACE = 0x20;

/** An answer that is one JSON document. */
export class DocumentMeter extends Meter {
  readonly interruptible = false;
  readonly over = false;
  readonly #single: boolean;
  /** All of it so far, while nothing goes out. */
  #held: Uint8Array[] | undefined;
  #heldBytes = 0;

  /**
   * @param single nothing but one document is expected: it is held back to its end, so that a failure before that has a
   * status of its own. Otherwise the bytes go on as they come.
   */
  constructor(api: Api, counts: TokenCounts, single = false) {
    super(api, counts);
    this.#single = single;
    this.#held = single ? [] : undefined;
  }

  /** Framing alone does not tell: an upstream that breaks off may still end its response properly. */
  get whole(): boolean {
    return this.scanner.closed;
  }

  get enough(): boolean {
    return this.#single && this.paidFor;
  }

  /** It is whole and reports its usage. A document without need not be the answer: some upstreams send others before it. */
  get paidFor(): boolean {
    return this.scanner.closed && this.scanner.usageAtRoot;
  }

  push(chunk: Buffer, out: Uint8Array[]): void {
    this.scanner.scan(chunk, 0, chunk.length);
    if (this.#held === undefined) out.push(chunk);
    else this.#hold(chunk, this.#held, out);
  }

  finish(out: Uint8Array[]): undefined {
    if (this.#held !== undefined) out.push(...this.#held);
    this.#held = undefined;
  }

  #hold(chunk: Buffer, held: Uint8Array[], out: Uint8Array[]): void {
    // Some upstreams send blanks while they think, so that nobody on the way takes the connection for dead.
    const blank = this.#heldBytes === 0 && isBlank(chunk);
    held.push(chunk);
    this.#heldBytes += chunk.length;
    if (blank || this.#heldBytes > HELD_BYTES_MAX) this.finish(out);
  }
}

function isBlank(bytes: Buffer): boolean {
  for (const byte of bytes) if (byte > SPACE) return false;
  return true;
}

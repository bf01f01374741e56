import { join } from '../bytes.ts';
import type { ErrorCode } from '../errors.ts';
import type { ClientEvents } from './engine.ts';
import type { RequestHead } from './head.ts';

const NO_BYTES = Buffer.alloc(0);

/**
 * The body of one request on its way in. Keeps what has arrived until it is asked for, and tells once what became of
 * it: never before `Accept` has returned, and never after the response.
 */
export class Upload {
  /** Whether all of it has arrived; from the start if there is none. */
  complete: boolean;
  /** Whether it has been asked for. */
  asked = false;

  /** Undefined if chunked. */
  readonly #length: number | undefined;
  #received = 0;
  #bytesMax = 0;
  #problem: ErrorCode | undefined;
  #events: ClientEvents | undefined;
  #told = false;
  #parts: Buffer[] | undefined;
  #whole: Buffer | undefined;

  constructor(head: RequestHead) {
    this.complete = !head.hasBody;
    this.#length = head.get('transfer-encoding') === undefined ? head.contentLength : undefined;
  }

  /** `Accept` has returned. */
  attach(events: ClientEvents): void {
    this.#events = events;
    this.#tell();
  }

  ask(bytesMax: number): void {
    this.asked = true;
    this.#bytesMax = bytesMax;
    this.#tell();
  }

  /** @param bytes lent: they are copied. @param last whether the body ends with them */
  arrive(bytes: Uint8Array, last: boolean): void {
    if (!this.#told && bytes.length > 0) this.#keep(bytes, last);
    this.#received += bytes.length;
    this.complete = last;
    this.#tell();
  }

  /** The rest cannot be read. */
  fail(code: ErrorCode): void {
    this.#problem = code;
    this.#tell();
  }

  /** Nobody wants it any more. */
  discard(): void {
    this.#told = true;
    this.#parts = undefined;
    this.#whole = undefined;
  }

  /** One copy of each byte if the body comes in one piece, or if it had been asked for before its first piece came. */
  #keep(bytes: Uint8Array, last: boolean): void {
    if (this.#whole === undefined && !last && this.asked && this.#length !== undefined) {
      this.#whole = Buffer.allocUnsafeSlow(this.#length);
      let at = 0;
      for (const part of this.#parts ?? []) at += part.copy(this.#whole, at);
      this.#parts = undefined;
    }
    if (this.#whole !== undefined) {
      this.#whole.set(bytes, this.#received);
    } else {
      this.#parts ??= [];
      this.#parts.push(Buffer.from(bytes));
    }
  }

  #tell(): void {
    const events = this.#events;
    if (this.#told || events === undefined || !this.asked) return;
    const problem = (this.#length ?? this.#received) > this.#bytesMax ? 'body_too_large' : this.#problem;
    if (problem !== undefined) {
      this.discard();
      events.onBodyRejected(problem);
    } else if (this.complete) {
      const body = this.#whole ?? (this.#parts === undefined ? NO_BYTES : join(this.#parts));
      this.discard();
      events.onBody(body);
    }
  }
}

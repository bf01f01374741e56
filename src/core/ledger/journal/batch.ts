import type { MonotonicMs, UsageRow } from '../../types.ts';
import { FINAL, OPEN } from './block.ts';
import { Deferred } from './deferred.ts';

/** The records of one turn of the event loop, as the text of one block. */
export class Batch {
  /** Lines of new exchanges: they are not written later if they cannot be written now. */
  admits = '';
  admitted = 0;
  /** Lines of exchanges that were admitted before. */
  appends = '';
  finals = 0;
  readonly begunAt: MonotonicMs = performance.now();
  #admission: Deferred | undefined;
  #appending: Deferred | undefined;

  get text(): string {
    return this.admits + this.appends;
  }

  /** In characters. */
  get length(): number {
    return this.admits.length + this.appends.length;
  }

  /** @returns the same promise for all of the batch */
  admit(row: UsageRow): Promise<void> {
    this.admits += `${OPEN}${row}\n`;
    this.admitted++;
    this.#admission ??= new Deferred();
    return this.#admission.promise;
  }

  /** @returns the same promise for all of the batch */
  append(row: UsageRow, final: boolean): Promise<void> {
    this.appends += `${final ? FINAL : OPEN}${row}\n`;
    if (final) this.finals++;
    this.#appending ??= new Deferred();
    return this.#appending.promise;
  }

  settleAdmission(error?: Error): void {
    if (error === undefined) this.#admission?.resolve();
    else this.#admission?.reject(error);
  }

  /** @param after undefined: at once */
  settleAppending(after?: Promise<void>): void {
    if (after === undefined) this.#appending?.resolve();
    else void after.then(this.#appending?.resolve);
  }
}

import { REPORT_BYTES_MAX } from '../dialects/report.ts';
import type { ResponseHead } from './head.ts';

/** An error of an upstream's that is read before anybody is told: there may be another way to an answer. */
export class Refused {
  readonly head: ResponseHead;
  readonly chunks: Buffer[] = [];
  #bytes = 0;

  constructor(head: ResponseHead) {
    this.head = head;
  }

  /** @returns whether this is still short enough to be read */
  push(chunk: Buffer): boolean {
    this.#bytes += chunk.length;
    this.chunks.push(chunk);
    return this.#bytes <= REPORT_BYTES_MAX;
  }

  /** The body if it is JSON. */
  get said(): unknown {
    try {
      return JSON.parse(Buffer.concat(this.chunks).toString());
    } catch {
      return undefined;
    }
  }
}

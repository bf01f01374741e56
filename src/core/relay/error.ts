import { REPORT_BYTES_MAX, reportOf, type UpstreamReport } from '../dialects/report.ts';
import type { DialectName } from '../types.ts';
import type { Answer } from './answer.ts';

/** An error of the upstream's, in the words of the client's API. */
export class ErrorAnswer implements Answer {
  readonly #status: number;
  readonly #dialect: DialectName;
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  readonly whole = true;
  readonly over = false;
  readonly enough = false;
  readonly failed = true;
  readonly interruptible = false;
  readonly textBytes = 0;

  /** @param dialect the client's */
  constructor(status: number, dialect: DialectName) {
    this.#status = status;
    this.#dialect = dialect;
  }

  push(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= REPORT_BYTES_MAX) this.#chunks.push(chunk);
  }

  finish(): UpstreamReport {
    let body: unknown;
    try {
      body = JSON.parse(Buffer.concat(this.#chunks).toString());
    } catch {
      // Some proxy's page. Its status says enough.
    }
    return reportOf(this.#status, body, this.#dialect);
  }

  settle(): 'none' {
    return 'none';
  }
}

import type { Api } from '../dialects/api.ts';
import { REPORT_BYTES_MAX, reportOf, type UpstreamReport } from '../dialects/report.ts';
import type { Exchange } from '../exchange.ts';
import type { Answer } from './answer.ts';

/** An error of the upstream's, in the words of the client's API. */
export class ErrorAnswer implements Answer {
  readonly #status: number;
  readonly #api: Api;
  readonly #requestId: string;
  #chunks: Uint8Array[] = [];
  #bytes = 0;

  readonly whole = true;
  readonly failed = true;
  readonly interruptible = false;

  constructor(status: number, { api, requestId }: Exchange) {
    this.#status = status;
    this.#api = api;
    this.#requestId = requestId;
  }

  push(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= REPORT_BYTES_MAX) this.#chunks.push(chunk);
  }

  finish(out: Uint8Array[]): void {
    out.push(Buffer.from(this.#api.errorBody(this.report(), this.#requestId)));
  }

  settle(): 'none' {
    return 'none';
  }

  report(): UpstreamReport {
    let body: unknown;
    try {
      body = JSON.parse(Buffer.concat(this.#chunks).toString());
    } catch {
      // Some proxy's page. Its status says enough.
    }
    return reportOf(this.#status, body, this.#api.dialect);
  }
}

import { Meter } from './meter.ts';

/** An answer that is one JSON document. Its framing, Content-Length or chunked, tells whether it is whole. */
export class DocumentMeter extends Meter {
  readonly whole = true;

  push(chunk: Buffer, out: Uint8Array[]): void {
    this.scanner.scan(chunk, 0, chunk.length);
    out.push(chunk);
  }

  finish(): void {}
}

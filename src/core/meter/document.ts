import { Meter } from './meter.ts';

/** An answer that is one JSON document. */
export class DocumentMeter extends Meter {
  readonly interruptible = false;
  readonly over = false;

  /** Framing alone does not tell: an upstream that breaks off may still end its response properly. */
  get whole(): boolean {
    return this.scanner.closed;
  }

  push(chunk: Buffer, out: Uint8Array[]): void {
    this.scanner.scan(chunk, 0, chunk.length);
    out.push(chunk);
  }

  finish(): undefined {}
}

import { ProxyError } from '../errors.ts';

const LF = 0x0a;
const CR = 0x0d;
const DATA = 'data:';

/**
 * Takes a stream of server-sent events apart, however its bytes are split. It reads data lines only: providers repeat
 * in the data what the event is named.
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class EventReader {
  readonly #bytesMax: number;
  readonly #onData: (data: string) => void;
  /** The beginning of the current line, from earlier chunks. */
  #line: Buffer[] = [];
  #bytes = 0;
  /** The data lines of the current event. */
  #data: string | undefined = undefined;

  /**
   * @param bytesMax longest event
   * @param onData gets the data of each event
   */
  constructor(bytesMax: number, onData: (data: string) => void) {
    this.#bytesMax = bytesMax;
    this.#onData = onData;
  }

  /** @throws ProxyError `upstream_invalid` for an event that is too long */
  push(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, from)) {
      this.#count(end + 1 - from);
      this.#endLine(chunk, from, end);
      from = end + 1;
    }
    if (from === chunk.length) return;
    this.#count(chunk.length - from);
    this.#line.push(from === 0 ? chunk : chunk.subarray(from));
  }

  /** The stream has ended, perhaps without the blank line behind its last event. A line that has no end is left out. */
  end(): void {
    this.#endEvent();
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > this.#bytesMax) {
      throw new ProxyError('upstream_invalid', {
        message: `An event of the stream is longer than ${this.#bytesMax} bytes.`,
      });
    }
  }

  #endLine(chunk: Buffer, from: number, end: number): void {
    let line = chunk.subarray(from, end);
    if (this.#line.length > 0) {
      line = Buffer.concat([...this.#line, line]);
      this.#line = [];
    }
    if (line.at(-1) === CR) line = line.subarray(0, -1);
    if (line.length === 0) this.#endEvent();
    else if (line.toString('latin1', 0, DATA.length) === DATA) {
      const text = line.toString('utf8', line[DATA.length] === 0x20 ? DATA.length + 1 : DATA.length);
      this.#data = this.#data === undefined ? text : `${this.#data}\n${text}`;
    }
  }

  #endEvent(): void {
    const data = this.#data;
    this.#data = undefined;
    this.#bytes = 0;
    if (data !== undefined) this.#onData(data);
  }
}

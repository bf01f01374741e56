const NEWLINE = 0x0a;
const END = Buffer.from('data: [DONE]\n\n');

/** Counts the events of one stream in whatever pieces it comes. A comment counts as one too. */
export class EventCounter {
  count = 0;
  /** Whether the last byte so far is a newline that ends no event. */
  #newline = false;
  readonly #tail = Buffer.alloc(END.length);

  /** @returns how many ended in this piece of the stream's body */
  feed(buffer: Buffer, start: number, end: number): number {
    if (start === end) return 0;
    const before = this.count;
    let at = start;
    if (this.#newline && buffer[at] === NEWLINE) {
      this.count++;
      at++;
    }
    this.#newline = false;
    for (;;) {
      const newline = buffer.indexOf(NEWLINE, at);
      if (newline < 0 || newline >= end) break;
      at = newline + 1;
      if (at === end) this.#newline = true;
      else if (buffer[at] === NEWLINE) {
        this.count++;
        at++;
      }
    }
    this.#keepTail(buffer, start, end);
    return this.count - before;
  }

  /** Whether what came so far ends with OpenAI's end mark. */
  get atEndMark(): boolean {
    return this.#tail.equals(END);
  }

  reset(): void {
    this.count = 0;
    this.#newline = false;
    this.#tail.fill(0);
  }

  #keepTail(buffer: Buffer, start: number, end: number): void {
    const length = end - start;
    if (length >= END.length) {
      buffer.copy(this.#tail, 0, end - END.length, end);
    } else {
      this.#tail.copyWithin(0, length);
      buffer.copy(this.#tail, END.length - length, start, end);
    }
  }
}

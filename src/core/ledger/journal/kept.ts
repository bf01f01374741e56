/** Lines that could not be written yet; some of them final. */
interface Lines {
  text: string;
  rows: number;
  finals: number;
}

/** What waits in memory for a disk that takes no writes, oldest first. */
export class Kept {
  readonly #blocks: Lines[] = [];
  readonly #rowsMax: number;
  readonly #blockChars: number;
  #rows = 0;
  #lost = 0;

  constructor(rowsMax: number, blockChars: number) {
    this.#rowsMax = rowsMax;
    this.#blockChars = blockChars;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Final rows that were dropped. */
  get lost(): number {
    return this.#lost;
  }

  /** Beyond the bound the oldest are dropped. */
  add(text: string, rows: number, finals: number): void {
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.text.length + text.length <= this.#blockChars) {
      last.text += text;
      last.rows += rows;
      last.finals += finals;
    } else if (rows > 0) {
      this.#blocks.push({ text, rows, finals });
    }
    this.#rows += rows;
    while (this.#rows > this.#rowsMax) this.#drop();
  }

  /** @param write throws if it cannot. @throws the same; what was not written stays */
  drain(write: (text: string, finals: number) => void): void {
    for (let first = this.#blocks[0]; first !== undefined; first = this.#blocks[0]) {
      write(first.text, first.finals);
      this.#blocks.shift();
      this.#rows -= first.rows;
    }
  }

  clear(): void {
    while (this.#rows > 0) this.#drop();
  }

  #drop(): void {
    const { rows, finals } = this.#blocks.shift()!;
    this.#rows -= rows;
    this.#lost += finals;
  }
}

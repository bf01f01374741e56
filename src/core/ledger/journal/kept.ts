import type { UsageRow } from '../../types.ts';
import { requestIdOf } from '../row.ts';
import { FINAL } from './block.ts';

/**
 * What waits in memory for a disk that takes no writes: the last line of each exchange. Of those that were admitted
 * none is given up: what the journal has of them would stay open, and keep it from being deleted. They are no more than
 * were open when the disk failed. Of the others there is a bound.
 */
export class Kept {
  /** By request id. */
  readonly #admitted = new Map<string, string>();
  readonly #unadmitted = new Map<string, string>();
  readonly #unadmittedMax: number;
  readonly #blockChars: number;
  #lost = 0;

  constructor(unadmittedMax: number, blockChars: number) {
    this.#unadmittedMax = unadmittedMax;
    this.#blockChars = blockChars;
  }

  get rows(): number {
    return this.#admitted.size + this.#unadmitted.size;
  }

  /** Final rows that were dropped. */
  get lost(): number {
    return this.#lost;
  }

  /** @param lines of exchanges that were admitted */
  add(lines: string): void {
    for (const line of eachLine(lines)) this.#admitted.set(requestIdOf(line.slice(1)), line);
  }

  /** The final row of an exchange of which nothing was written. Beyond the bound the oldest are dropped. */
  addUnadmitted(row: UsageRow): void {
    this.#unadmitted.set(requestIdOf(row), FINAL + row);
    if (this.#unadmitted.size <= this.#unadmittedMax) return;
    for (const [id] of this.#unadmitted) {
      this.#unadmitted.delete(id);
      this.#lost++;
      return;
    }
  }

  /**
   * Hands out about so much of it. @param write throws if it cannot
   * @returns whether that was all. @throws the same; what was not written stays
   */
  drain(charsMax: number, write: (text: string, finals: number) => void): boolean {
    let chars = 0;
    for (const lines of [this.#admitted, this.#unadmitted]) {
      while (lines.size > 0) {
        if (chars >= charsMax) return false;
        chars += this.#drainBlock(lines, write);
      }
    }
    return true;
  }

  clear(): void {
    for (const lines of [this.#admitted, this.#unadmitted]) {
      for (const line of lines.values()) if (line.startsWith(FINAL)) this.#lost++;
      lines.clear();
    }
  }

  /** @returns its characters */
  #drainBlock(lines: Map<string, string>, write: (text: string, finals: number) => void): number {
    const ids: string[] = [];
    let text = '';
    let finals = 0;
    for (const [id, line] of lines) {
      if (ids.length > 0 && text.length + line.length + 1 > this.#blockChars) break;
      ids.push(id);
      text += `${line}\n`;
      if (line.startsWith(FINAL)) finals++;
    }
    write(text, finals);
    for (const id of ids) lines.delete(id);
    return text.length;
  }
}

/** Each of them ends in LF. */
export function eachLine(lines: string): string[] {
  return lines.split('\n').slice(0, -1);
}

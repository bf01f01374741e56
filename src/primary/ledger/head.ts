import { join } from 'node:path';
import type { Logger } from '../../core/log.ts';
import { replaceFile } from './file.ts';
import type { ChainHead } from './insert.ts';

/** In the folder of the journals: `{"seq":…,"hash":"…"}`. */
export const HEAD_FILE = 'head.json';

/**
 * Where our chain of batches ends, outside the database: without it, batches taken off the end would not be missed. It
 * may be some batches behind.
 */
export class HeadFile {
  readonly #path: string;
  readonly #log: Logger;
  #next: ChainHead | undefined;
  #run: Promise<void> | undefined;

  constructor(root: string, log: Logger) {
    this.#path = join(root, HEAD_FILE);
    this.#log = log;
  }

  /** Soon; of several heads only the last is written. */
  write(head: ChainHead): void {
    this.#next = head;
    this.#run ??= this.#drain();
  }

  /** Resolves when the last head is written. */
  async flush(): Promise<void> {
    await this.#run;
  }

  async #drain(): Promise<void> {
    for (let head = this.#next; head !== undefined; head = this.#next) {
      this.#next = undefined;
      try {
        await replaceFile(this.#path, `${JSON.stringify(head)}\n`);
      } catch (err) {
        this.#log.warn({ err }, 'the head of the chain of batches could not be written');
      }
    }
    this.#run = undefined;
  }
}

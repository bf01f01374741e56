import { join } from 'node:path';
import { HEAD_FILE } from '../../core/ledger/files.ts';
import type { Logger } from '../../core/log.ts';
import type { ChainHead, HeadRecord } from '../../core/reconcile/types.ts';
import { replaceFile } from './file.ts';
import type { Link } from './insert.ts';

/**
 * Where our chain of batches ends, outside the database: `{"seq", "hash"}` in the folder of the journals. Without it,
 * batches taken off the end would not be missed. It may be some batches behind. If a batch comes to stand where another
 * one stood, the end that was lost is kept as `cut`, until somebody deletes the file.
 */
export class HeadFile {
  readonly #path: string;
  readonly #log: Logger;
  #known: ChainHead | undefined;
  #cut: ChainHead | undefined;
  #changed = false;
  #run: Promise<void> | undefined;

  /** @param root the folder of the journals @param record what the file holds, if there is one */
  constructor(root: string, log: Logger, record: HeadRecord | null = null) {
    this.#path = join(root, HEAD_FILE);
    this.#log = log;
    this.#known = record ?? undefined;
    this.#cut = record?.cut ?? undefined;
  }

  /** Written soon; of several only the last. */
  grow({ seq, hash, after }: Link): void {
    const known = this.#known;
    // The file may be behind, so of a batch that does not follow on the one that it names nothing can be said.
    if (known !== undefined && (seq <= known.seq || (seq === known.seq + 1 && after !== known.hash))) {
      this.#cut ??= known;
      this.#log.error(
        { known, found: { seq: seq - 1, hash: after } },
        'the chain of usage batches in the database does not end as we left it: run `npm run reconcile`. ' +
          'If this is another database than before, delete journal/head.json in DATA_DIR while the gateway is stopped',
      );
    }
    this.#known = { seq, hash };
    this.#changed = true;
    this.#run ??= this.#drain();
  }

  /** Resolves when the last head is written. */
  async flush(): Promise<void> {
    await this.#run;
  }

  async #drain(): Promise<void> {
    while (this.#changed) {
      this.#changed = false;
      try {
        await replaceFile(this.#path, `${JSON.stringify({ ...this.#known, cut: this.#cut })}\n`);
      } catch (err) {
        this.#log.warn({ err }, 'the head of the chain of batches could not be written');
      }
    }
    this.#run = undefined;
  }
}

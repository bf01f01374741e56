import { join } from 'node:path';
import { HEAD_FILE } from '../../core/ledger/files.ts';
import type { Logger } from '../../core/log.ts';
import type { ChainHead, HeadRecord } from '../../core/reconcile/types.ts';
import { replaceFile } from './file.ts';
import type { Link } from './insert.ts';

/** To write it takes as much of the primary as 150 rows do. */
const WRITE_INTERVAL_MS = 1_000;

/**
 * Where our chain of batches ends, outside the database: `{"seq", "hash"}` in the folder of the journals. Without it,
 * batches taken off the end would not be missed. It may be some batches behind: it is written at once, but then not again
 * within a second. If a batch comes to stand where another one stood, the end that was lost is kept as `cut`, until
 * somebody deletes the file; that is not put off.
 */
export class HeadFile {
  readonly #path: string;
  readonly #log: Logger;
  #known: ChainHead | undefined;
  #cut: ChainHead | undefined;
  #changed = false;
  readonly #intervalMs: number;
  #writing: Promise<void> | undefined;
  /** Until it fires nothing is written. */
  #pause: NodeJS.Timeout | undefined;

  /** @param root the folder of the journals @param record what the file holds, if there is one */
  constructor(
    root: string,
    log: Logger,
    record: HeadRecord | null = null,
    intervalMs: number = WRITE_INTERVAL_MS,
  ) {
    this.#intervalMs = intervalMs;
    this.#path = join(root, HEAD_FILE);
    this.#log = log;
    this.#known = record ?? undefined;
    this.#cut = record?.cut ?? undefined;
  }

  /** Written soon; of several only the last. Call `flush` before the process ends. */
  grow({ seq, hash, after }: Link): void {
    const known = this.#known;
    // The file may be behind, so of a batch that does not follow on the one that it names nothing can be said.
    if (known !== undefined && (seq <= known.seq || (seq === known.seq + 1 && after !== known.hash))) {
      this.#cut ??= known;
      this.#endPause();
      this.#log.error(
        { known, found: { seq: seq - 1, hash: after } },
        'the chain of usage batches in the database does not end as we left it: run `npm run reconcile`. ' +
          'If this is another database than before, delete journal/head.json in DATA_DIR while the gateway is stopped',
      );
    }
    this.#known = { seq, hash };
    this.#changed = true;
    if (this.#pause === undefined) this.#writing ??= this.#write();
  }

  /** Resolves when the last head is written. */
  async flush(): Promise<void> {
    await this.#writing;
    this.#endPause();
    if (this.#changed) this.#writing ??= this.#write();
    await this.#writing;
  }

  #endPause(): void {
    clearTimeout(this.#pause);
    this.#pause = undefined;
  }

  async #write(): Promise<void> {
    const cut = this.#cut;
    this.#changed = false;
    try {
      await replaceFile(this.#path, `${JSON.stringify({ ...this.#known, cut })}\n`);
    } catch (err) {
      this.#changed = true;
      this.#log.warn({ err }, 'the head of the chain of batches could not be written');
    }
    this.#writing = undefined;
    if (this.#cut !== cut) {
      // It was lost while this was written. Nothing else will tell of it.
      this.#writing = this.#write();
      return;
    }
    this.#pause = setTimeout(() => {
      this.#pause = undefined;
      if (this.#changed) this.#writing ??= this.#write();
    }, this.#intervalMs).unref();
  }
}

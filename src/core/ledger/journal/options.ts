import type { Config } from '../../config/config.ts';
import type { Logger } from '../../log.ts';
import type { Disk } from './disk.ts';

/** Totals since the journal was opened. */
export interface Written {
  readonly life: string;
  /** Of blocks. */
  readonly bytes: number;
  /** Final ones. */
  readonly rows: number;
}

export interface JournalOptions {
  readonly config: Pick<
    Config,
    | 'DATA_DIR'
    | 'JOURNAL_BYTES_MAX'
    | 'JOURNAL_DURABILITY'
    | 'JOURNAL_FULL'
    | 'JOURNAL_SEGMENT_BYTES'
    | 'JOURNAL_SYNC_INTERVAL_MS'
    | 'USAGE_FLUSH_INTERVAL_MS'
  >;
  readonly log: Pick<Logger, 'info' | 'warn' | 'error'>;
  /** Called at most every USAGE_FLUSH_INTERVAL_MS, and only after something was written. */
  readonly onWritten?: (written: Written) => void;
  /** Called after each write. @param waitedMs since the first record of it */
  readonly onTurn?: (waitedMs: number) => void;
  /** Rows of exchanges that were not admitted, which may wait in memory for the disk. Default: 100,000. */
  readonly keptRowsMax?: number;
  /** How long a disk that is full or has failed is left alone. Default: 1 s. */
  readonly retryIntervalMs?: number;
  readonly disk?: Disk;
}

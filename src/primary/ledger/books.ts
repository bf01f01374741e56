import type { Channel } from '../../core/channel.ts';
import type { Config } from '../../core/config/config.ts';
import { openPool } from '../../core/database/pool.ts';
import { asideFile } from '../../core/ledger/aside.ts';
import type { Logger } from '../../core/log.ts';
import type { Metrics } from '../../core/metrics/metrics.ts';
import { readHead } from '../../core/reconcile/head.ts';
import { HeadFile } from './head.ts';
import { nodeId } from './node.ts';
import { Shipper } from './shipper.ts';
import { BatchWriter } from './writer.ts';

/** From this part of JOURNAL_BYTES_MAX on, somebody should look. */
const ALERT = 0.8;

export interface BooksOptions {
  /** Of the database. */
  readonly url: string;
  /** The folder of the journals, locked. */
  readonly root: string;
  readonly config: Config;
  readonly metrics: Metrics;
  readonly log: Logger;
  /** The journals hold as much as they may, or have room again. */
  onFull(full: boolean): void;
}

/** The primary's side of the usage books, at work. */
export interface Books {
  /** Whether the journals hold as much as they may. */
  readonly full: boolean;
  attach(channel: Channel): void;
  stop(timeoutMs: number): Promise<void>;
}

/** @throws Error with a message for the operator */
export async function openBooks({ url, root, config, metrics, log, onFull }: BooksOptions): Promise<Books> {
  const node = await nodeId(config.DATA_DIR);
  const pool = openPool(url, { ...config, DATABASE_POOL_MAX: 1 }, 'apipod usage', log);
  const head = new HeadFile(root, log, await readHead(config.DATA_DIR));
  const setAside = asideFile(config.DATA_DIR, log);
  const writer = new BatchWriter({ database: pool, node, head, setAside, log });
  const shipper = new Shipper({ root, config, writer, log, onFull });

  metrics.observe('usageRowsWaiting', [], () => shipper.rows);
  metrics.observe('usageRowsWritten', [], () => writer.stats.written);
  metrics.observe('usageRowsDuplicate', [], () => writer.stats.duplicates);
  metrics.observe('usageRowsRejected', [], () => writer.stats.setAside);
  metrics.observe('usageRowsCrashed', [], () => shipper.stats.crashed);
  metrics.observe('journalBytes', [], () => shipper.bytes);
  metrics.observe('journalBytesMax', [], () => config.JOURNAL_BYTES_MAX);
  metrics.observe('journalAlert', [], () => (shipper.bytes >= config.JOURNAL_BYTES_MAX * ALERT ? 1 : 0));
  metrics.observe('journalDamaged', [], () => shipper.stats.damaged);

  await shipper.start();
  return {
    get full() {
      return shipper.full;
    },
    attach: (channel) => shipper.attach(channel),
    async stop(timeoutMs) {
      await shipper.stop(timeoutMs);
      await head.flush();
      // Not awaited: a frozen server would keep us here.
      pool.end().catch(() => {});
    },
  };
}

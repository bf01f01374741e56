import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uuidv7 } from '../../src/core/id.ts';
import { Journal } from '../../src/core/ledger/journal/journal.ts';
import { type MicroResult, measure, type Work } from './micro.ts';
import { admission, rowOf } from './row.ts';

const TIMES = 80_000;
/** As many as come together in a busy worker. */
const RECORDS_PER_TURN = 8;

/** What a record costs in CPU on its way to the journal's file, the system call included. */
export async function journal(share: number): Promise<MicroResult> {
  const folder = await mkdtemp(join(tmpdir(), 'apipod-bench-'));
  const opened = await Journal.open({
    config: {
      DATA_DIR: folder,
      JOURNAL_BYTES_MAX: Number.MAX_SAFE_INTEGER,
      JOURNAL_DURABILITY: 'none',
      JOURNAL_FULL: 'refuse',
      JOURNAL_SEGMENT_BYTES: 8_388_608,
      JOURNAL_SYNC_INTERVAL_MS: 100,
      USAGE_FLUSH_INTERVAL_MS: 50,
    },
    log: { info() {}, warn() {}, error() {} },
  });
  const rows = Array.from({ length: RECORDS_PER_TURN }, (_, i) => rowOf(admission(uuidv7(i)), i));
  const figures = await measure(TIMES * share, turns(opened, rows), turns(opened, rows.slice(0, 1)));
  await opened.close();
  await rm(folder, { recursive: true });
  if (opened.stats.unjournaled > 0) throw new Error('rows were lost');
  return {
    name: 'journal',
    claim: `usage rows in the journal (\`core/ledger/journal/journal.ts\`) with one write for the ${RECORDS_PER_TURN} of a turn of the event loop, against one write for each`,
    unit: 'µs a row',
    ...figures,
  };
}

const turns =
  (opened: Journal, rows: readonly string[]): Work =>
  async (times) => {
    for (let done = 0; done < times; done += rows.length) {
      let written: Promise<void> | undefined;
      for (const row of rows) written = opened.append(row, true);
      await written;
    }
  };

// Rows that come and go leave nothing behind in the heap, even if it is never marked as a whole.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { OpenRows } from '../../../../src/primary/ledger/open.ts';
import { Segment } from '../../../../src/primary/ledger/segment.ts';

const ROWS = 40_000;
const ROW_CHARS = 300;
const GROWTH_BYTES_MAX = 4 * 1024 * 1024;
const ROWS_A_COLLECTION = 5_000;

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as (options?: { type: 'minor' }) => void;

const segment = new Segment('nowhere', 1);
/** A string of its own, as one that was read from a file. */
const rowOf = (n: number): string => Buffer.from(`${n} `.padEnd(ROW_CHARS, 'x')).toString();

for (const open of [2, 400]) {
  t.test(`${open} at a time`, async (t) => {
    const rows = new OpenRows();
    const pass = (from: number, to: number): void => {
      for (let n = from; n < to; n++) {
        rows.add(String(n), { row: rowOf(n), segment });
        if (n >= open) rows.take(String(n - open));
        if (n % ROWS_A_COLLECTION === 0) gc({ type: 'minor' });
      }
    };
    pass(0, ROWS / 4);
    // From here on the Map's table is in the old generation.
    gc();
    const before = process.memoryUsage().heapUsed;
    pass(ROWS / 4, ROWS);
    gc({ type: 'minor' });
    const growth = process.memoryUsage().heapUsed - before;
    t.ok(growth < GROWTH_BYTES_MAX, `the heap grew by ${growth} bytes`);
    t.equal(rows.size, open);
    t.equal(rows.take(String(ROWS - 1))?.row, rowOf(ROWS - 1));
    t.equal(rows.take(String(ROWS - 1)), undefined);
    const left = rows.takeAll().map(({ row }) => Number.parseInt(row, 10));
    t.same(
      left,
      Array.from({ length: open - 1 }, (_, i) => ROWS - open + i),
      'what is left, in order',
    );
    t.equal(rows.size, 0);
  });
}

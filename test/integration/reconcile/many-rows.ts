// An audit of many rows asks the database a few questions, however many rows and batches there are.
import pg from 'pg';
import t from 'tap';
import { requestIdOf } from '../../../src/core/ledger/row.ts';
import { found, TestBooks, usageRows } from '../../fixtures/books.ts';
import { testDatabase } from '../../fixtures/database.ts';

const ROWS = 20_000;
/** As in src/core/reconcile/batches.ts. */
const PAGE_BATCHES = 500;
const QUERIES_MAX = 25;

for (const batchRows of [500, 20]) {
  t.test(`in batches of ${batchRows}`, async (t) => {
    const books = new TestBooks(t, await testDatabase(t));
    const rows = usageRows(ROWS);
    for (let at = 0; at < ROWS; at += batchRows) await books.write(rows.slice(at, at + batchRows));
    const gone = rows.filter((_, n) => n % 4_000 === 17).map(requestIdOf);
    await books.database.query('DELETE FROM usage_logs WHERE request_id = ANY($1)', [gone]);

    let queries = 0;
    const query = pg.Client.prototype.query;
    pg.Client.prototype.query = function (this: pg.Client, ...args: unknown[]) {
      queries++;
      return query.apply(this, args as never);
    } as typeof query;
    t.teardown(() => {
      pg.Client.prototype.query = query;
    });
    const startedAt = performance.now();
    const report = await books.audit();
    t.comment(`${Math.round(performance.now() - startedAt)} ms`);
    t.same(found(report), gone.map((id) => `missing ${id}`).toSorted());
    t.match(report.batches, { batches: ROWS / batchRows, rows: ROWS, found: { rows: ROWS - gone.length } });
    t.ok(queries <= QUERIES_MAX + ROWS / batchRows / PAGE_BATCHES, `${queries} queries`);
  });
}

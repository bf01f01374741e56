// The writer of usage rows: batches share an INSERT, a row that the database refuses is set aside alone, and every
// other failure is tried again until it works or the writer is stopped.
import t from 'tap';
import type { UsageRow } from '../../../../src/core/ledger/row.ts';
import { UsageWriter, type WriterOptions } from '../../../../src/core/ledger/writer.ts';
import { createLog } from '../../../../src/core/log.ts';

/** A table of one column. Throws what `fail` gives for these rows. */
function setUp(fail: (rows: readonly UsageRow[]) => unknown = () => undefined) {
  const table = new Set<UsageRow>();
  const inserts: number[] = [];
  const aside: [rows: readonly UsageRow[], reason: string][] = [];
  const database = {
    async query({ values }: { values: [string] }) {
      const rows = values[0].split('\n');
      inserts.push(rows.length);
      const error = fail(rows);
      if (error !== undefined) throw await error;
      const before = table.size;
      for (const row of rows) table.add(row);
      return { rowCount: table.size - before };
    },
  } as unknown as WriterOptions['database'];
  const setAside = async (rows: readonly UsageRow[], reason: string) => {
    aside.push([rows, reason]);
  };
  const writer = new UsageWriter({ database, rowsMax: 500, setAside, log: createLog('silent', 'test') });
  return { writer, table, inserts, aside };
}

const rows = (count: number, prefix = 'row'): UsageRow[] =>
  Array.from({ length: count }, (_, i) => prefix + i);
const sqlError = (code: string) => Object.assign(new Error(`fails with ${code}`), { code });

t.test('settles a batch after its rows are in', async (t) => {
  const { writer, table } = setUp();
  t.equal(await writer.write(rows(3)), true);
  t.same([...table], rows(3));
  t.match(writer.stats, { written: 3, waiting: 0, duplicates: 0, setAside: 0, failures: 0 });
});

t.test('batches that come during an INSERT share the next one, up to its bound', async (t) => {
  const { writer, inserts } = setUp();
  await Promise.all([100, 200, 200, 200, 600, 1].map((count, i) => writer.write(rows(count, `${i}-`))));
  t.same(inserts, [100, 400, 200, 600, 1]);
});

t.test('rows that are there already count as duplicates', async (t) => {
  const { writer } = setUp();
  await writer.write(rows(3));
  t.equal(await writer.write(rows(5)), true);
  t.match(writer.stats, { written: 5, duplicates: 3 });
});

t.test('one poison row in 500 is bisected out', async (t) => {
  const { writer, table, inserts, aside } = setUp((part) =>
    part.includes('row321') ? sqlError('22003') : undefined,
  );
  t.equal(await writer.write(rows(500)), true);
  t.equal(table.size, 499);
  t.same(aside, [[['row321'], '22003: fails with 22003']]);
  t.ok(inserts.length <= 19, `${inserts.length} INSERTs`);
  t.match(writer.stats, { written: 499, setAside: 1, waiting: 0, failures: 0 });
});

for (const code of ['08006', '53300', '57P01', '40P01', '25006', '42P01', 'ECONNREFUSED', undefined]) {
  t.test(`${code ?? 'a time-out'} is tried again`, async (t) => {
    let failures = 2;
    const error = code === undefined ? new Error('Query read timeout') : sqlError(code);
    const { writer, table, inserts, aside } = setUp(() => (failures-- > 0 ? error : undefined));
    t.equal(await writer.write(rows(10)), true);
    t.equal(table.size, 10);
    t.same(inserts, [10, 10, 10]);
    t.same(aside, []);
    t.match(writer.stats, { written: 10, failures: 2 });
  });
}

t.test('an outage in the middle of a bisection loses nothing', async (t) => {
  let calls = 0;
  const { writer, table, aside } = setUp((part) => {
    if (++calls % 3 === 0) return sqlError('57P01');
    return part.includes('row5') ? sqlError('23502') : undefined;
  });
  await writer.write(rows(8));
  t.same(
    [...table].sort(),
    rows(8).filter((row) => row !== 'row5'),
  );
  t.equal(aside.length, 1);
});

t.test('stop waits for what is left to write', async (t) => {
  let failures = 1;
  const { writer, table, aside } = setUp(() => (failures-- > 0 ? sqlError('57P03') : undefined));
  const batches = [writer.write(rows(3)), writer.write(rows(3, 'more'))];
  await writer.stop(60_000);
  t.equal(table.size, 6);
  t.same(await Promise.all(batches), [true, true]);
  t.same(aside, []);
});

t.test('stop sets aside what the database does not take in time', async (t) => {
  const { writer, aside } = setUp(() => sqlError('57P03'));
  const batches = [writer.write(rows(3)), writer.write(rows(2, 'more'))];
  await writer.stop(10);
  t.same(await Promise.all(batches), [false, false]);
  t.same(
    aside.map(([set]) => set),
    [[...rows(3), ...rows(2, 'more')]],
  );
  t.equal(writer.stats.waiting, 0);
  t.equal(await writer.write(rows(1)), false, 'and takes no more');
});

t.test('a frozen database does not hold up the stop', async (t) => {
  const { writer, aside } = setUp(() => new Promise(() => {}));
  const batch = writer.write(rows(3));
  await writer.stop(10);
  t.equal(await batch, false);
  t.equal(aside.length, 1);
});

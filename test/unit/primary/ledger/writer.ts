// The writer of batches: a row that the database refuses is set aside alone, one that takes too long goes in in smaller
// parts, and every other failure is tried again until it works or the writer is stopped.
import t from 'tap';
import type { UsageRow } from '../../../../src/core/types.ts';
import type { Link } from '../../../../src/primary/ledger/insert.ts';
import { BatchWriter, type BatchWriterOptions } from '../../../../src/primary/ledger/writer.ts';
import { silent } from '../../../fixtures/settings.ts';

const hash = 'ab'.repeat(32);

/** A table of one column. Throws what `fail` gives for these rows. Not a server that rows can be tried on beforehand. */
function setUp(fail: (rows: readonly UsageRow[]) => unknown = () => undefined) {
  const table = new Set<UsageRow>();
  const inserts: number[] = [];
  const heads: Link[] = [];
  const aside: [rows: readonly UsageRow[], reason: string][] = [];
  const file = { full: false };
  const database = {
    async query(query: string | { values: [Buffer, string] }) {
      if (typeof query === 'string') throw sqlError('42501');
      const { values } = query;
      const rows = values[0].toString().split('\n');
      inserts.push(rows.length);
      const error = fail(rows);
      if (error !== undefined) throw await error;
      const before = table.size;
      for (const row of rows) table.add(row);
      const inserted = table.size - before;
      return {
        rows: [
          inserted > 0 ? { inserted, seq: '1', hash, prev_hash: hash } : { inserted, seq: null, hash: null },
        ],
      };
    },
  } as unknown as BatchWriterOptions['database'];
  const writer = new BatchWriter({
    database,
    node: 'node',
    head: { grow: (link) => heads.push(link) },
    setAside: async (rows, reason) => {
      if (file.full) throw new Error('no space');
      aside.push([rows, reason]);
    },
    log: silent,
  });
  return { writer, table, inserts, aside, heads, file };
}

const rows = (count: number, prefix = 'row'): UsageRow[] =>
  Array.from({ length: count }, (_, i) => prefix + i);
const sqlError = (code: string, table = 'usage_logs') =>
  Object.assign(new Error(`fails with ${code}`), { code, table });

t.test('says when its rows are in, and where the chain ends', async (t) => {
  const { writer, table, heads } = setUp();
  t.same(await writer.write(rows(3)), []);
  t.same([...table], rows(3));
  t.same(await writer.write(rows(5)), []);
  t.same(await writer.write(rows(5)), [], 'rows that are there already are as good');
  t.match(writer.stats, { written: 5, duplicates: 8, setAside: 0, failures: 0 });
  t.same(heads, [
    { seq: 1, hash, after: hash },
    { seq: 1, hash, after: hash },
  ]);
});

t.test('one poison row in 500 is bisected out', async (t) => {
  const { writer, table, inserts, aside } = setUp((part) =>
    part.includes('row321') ? sqlError('22003') : undefined,
  );
  t.same(await writer.write(rows(500)), []);
  t.equal(table.size, 499);
  t.same(aside, [[['row321'], '22003: fails with 22003']]);
  t.ok(inserts.length <= 19, `${inserts.length} INSERTs`);
  t.match(writer.stats, { written: 499, setAside: 1, failures: 0 });
});

for (const [error, name] of [
  ...['08006', '53300', '57P01', '40P01', '25006', '42P01', 'ECONNREFUSED'].map(
    (code) => [sqlError(code), code] as const,
  ),
  [sqlError('P0001'), 'an answer that may pass'],
  [sqlError('23505', 'usage_batches'), 'a lost race for a place in the chain'],
] as const) {
  t.test(`${name} is tried again`, async (t) => {
    let failures = 2;
    const { writer, table, inserts, aside } = setUp((): unknown => (failures-- > 0 ? error : undefined));
    const written = writer.write(rows(10));
    while (writer.stats.failures === 0) await new Promise(setImmediate);
    t.equal(writer.failing, true);
    t.same(await written, []);
    t.equal(writer.failing, false);
    t.equal(table.size, 10);
    t.same(inserts, [10, 10, 10]);
    t.same(aside, []);
    t.match(writer.stats, { written: 10, failures: 2 });
  });
}

for (const [error, name] of [
  [new Error('Query read timeout'), 'client'],
  [sqlError('57014'), 'server'],
] as const) {
  t.test(`what takes too long for the ${name} goes in in smaller parts, which grow again`, async (t) => {
    let rowsMax = 5;
    const { writer, table, inserts } = setUp((part) => (part.length > rowsMax ? error : undefined));
    t.same(await writer.write(rows(20)), []);
    t.equal(table.size, 20);
    t.same(inserts.slice(0, 3), [20, 10, 5]);
    rowsMax = 1_000;
    for (let batch = 0; inserts.at(-1) !== 100; batch++) await writer.write(rows(100, `of ${batch}: `));
    t.ok(inserts.length < 60, `${inserts.length} INSERTs`);
  });
}

t.test('a batch that is refused as a whole is given back, after a few INSERTs', async (t) => {
  for (const code of ['23514', '22001', 'P0001']) {
    const all = rows(500);
    let mended = false;
    const { writer, table, inserts, aside } = setUp(() => (mended ? undefined : sqlError(code)));
    t.same(await writer.write(all), all);
    t.same(aside, []);
    t.ok(inserts.length < 60, `${inserts.length} INSERTs`);
    t.equal(writer.failing, true);
    mended = true;
    t.same(await writer.write(all), []);
    t.equal(table.size, 500);
  }
});

t.test('one row alone is set aside when it comes with one that goes in', async (t) => {
  const { writer, aside } = setUp((part) => (part.includes('poison') ? sqlError('23514') : undefined));
  t.same(await writer.write(['poison']), ['poison']);
  t.same(await writer.write(['poison', 'other']), []);
  t.same(aside, [[['poison'], '23514: fails with 23514']]);
});

t.test('a row that cannot be set aside is given back', async (t) => {
  const { writer, aside, file } = setUp((part) => (part.includes('row5') ? sqlError('23514') : undefined));
  file.full = true;
  t.same(await writer.write(rows(8)), ['row5']);
  t.equal(writer.stats.setAside, 0);
  file.full = false;
  t.same(await writer.write(['row5', 'next']), []);
  t.match(aside, [[['row5'], /^23514/]]);
  t.equal(writer.stats.setAside, 1);
});

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

for (const [state, answer] of [
  ['down', () => sqlError('57P03')],
  ['frozen', () => new Promise(() => {})],
] as const) {
  t.test(`a database that is ${state} does not hold up the stop, and nothing is set aside`, async (t) => {
    const { writer, inserts, aside } = setUp(answer);
    const written = writer.write(rows(3));
    while (inserts.length === 0) await new Promise(setImmediate);
    writer.stop();
    t.equal(await written, undefined);
    t.same(aside, []);
    const { length } = inserts;
    t.equal(await writer.write(rows(1)), undefined, 'and takes no more');
    t.equal(inserts.length, length);
  });
}

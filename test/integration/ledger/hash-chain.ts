// The batches of a gateway form a chain that PostgreSQL itself can check: a row that was deleted, added or edited, and a
// batch that is missing, does not fit any more.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { HEAD_FILE } from '../../../src/core/ledger/files.ts';
import { testDatabase } from '../../fixtures/database.ts';
import { usageRow, usageRows } from '../../fixtures/journal.ts';
import { batchWriter, chainFaults, counted, NODE } from '../../fixtures/shipper.ts';

const OTHER_NODE = 'ffffffff-0000-4000-8000-000000000001';

const BATCHES = `
  SELECT node_id, seq::int, row_count, encode(hash, 'hex') AS hash FROM usage_batches ORDER BY node_id, seq`;

t.test('grows by a batch with each write', async (t) => {
  const database = await testDatabase(t);
  const root = t.testdir({});
  const { writer, head } = batchWriter(t, database, root);
  const rows = [
    usageRow({ timestamp: 1_700_000_000_500 }),
    usageRow({ timestamp: 1_700_000_000_100 }),
    ...usageRows(3, { timestamp: 1_700_000_000_200 }),
  ];
  await writer.write(rows.slice(0, 2));
  await writer.write(rows.slice(0, 2));
  await writer.write(rows);
  await batchWriter(t, database, undefined, OTHER_NODE).writer.write(usageRows(7));
  const batches = await database.query(BATCHES);
  t.match(batches, [
    { node_id: NODE, seq: 1, row_count: 2 },
    { node_id: NODE, seq: 2, row_count: 3 },
    { node_id: OTHER_NODE, seq: 1, row_count: 7 },
  ]);
  t.same(await chainFaults(database), []);
  t.match(
    await database.query(
      'SELECT token_sum::int, first_at, last_at FROM usage_batches WHERE node_id = $1 ORDER BY seq LIMIT 1',
      [NODE],
    ),
    [{ token_sum: 2 * 1_234, first_at: new Date(1_700_000_000_100), last_at: new Date(1_700_000_000_500) }],
  );
  await head.flush();
  t.same(JSON.parse(await readFile(join(root, HEAD_FILE), 'utf8')), { seq: 2, hash: batches[1]!.hash });
});

t.test('statements that race for a place in it', async (t) => {
  const database = await testDatabase(t);
  const writers = Array.from({ length: 4 }, () => batchWriter(t, database).writer);
  const rows = usageRows(400);
  const writes = Array.from({ length: 40 }, (_, i) => writers[i % 4]!.write(rows.slice(i * 10, i * 10 + 10)));
  t.same((await Promise.all(writes)).flat(), []);
  t.same(await counted(database), { rows: 400, ids: 400 });
  t.equal((await database.query(BATCHES)).length, 40);
  t.same(await chainFaults(database), []);
  t.equal(
    writers.reduce((sum, { stats }) => sum + stats.setAside, 0),
    0,
    'nobody is to blame for a lost race',
  );
});

for (const [tampering, sql, broken] of [
  ['a row edited', 'UPDATE usage_logs SET token_count = 0 WHERE usage_id = 12', ['2 does not fit']],
  ['a row deleted', 'DELETE FROM usage_logs WHERE usage_id = 12', ['2 does not fit']],
  [
    'a row added',
    'INSERT INTO usage_logs (quota_item_id, token_count, batch_id) VALUES (1, 1, (SELECT batch_id FROM usage_batches WHERE seq = 2))',
    ['2 does not fit'],
  ],
  ['a batch deleted', 'DELETE FROM usage_batches WHERE seq = 2', ['3 does not follow']],
] as const) {
  t.test(tampering, async (t) => {
    const database = await testDatabase(t);
    const { writer } = batchWriter(t, database);
    for (let i = 0; i < 3; i++) await writer.write(usageRows(10));
    await database.query(sql);
    t.same(await chainFaults(database), broken);
  });
}

// Whatever is done to rows and batches behind the gateway's back, an audit finds it and names it.
import t, { type Test } from 'tap';
import { uuidv7 } from '../../../src/core/id.ts';
import { requestIdOf } from '../../../src/core/ledger/row.ts';
import { found, NOON, ROW_TOKENS, TestBooks, usageRow, usageRows } from '../../fixtures/books.ts';
import { testDatabase } from '../../fixtures/database.ts';

const ROWS = 100;

/** Four batches of one gateway, and the ids of their rows. */
async function setup(t: Test) {
  const database = await testDatabase(t);
  const books = new TestBooks(t, database);
  const rows = usageRows(ROWS);
  const batches: number[] = [];
  for (let at = 0; at < ROWS; at += 25) batches.push(await books.write(rows.slice(at, at + 25)));
  const sql = (text: string, values: readonly unknown[] = []) => database.query(text, values);
  return { books, batches, sql, ids: rows.map(requestIdOf) };
}

/** A copy of row $1 under the id $2. @param more changes other columns */
const copy = (
  more = '{}',
) => `INSERT INTO usage_logs SELECT (jsonb_populate_record(NULL::usage_logs, to_jsonb(old)
    || jsonb_build_object('request_id', $2::text, 'usage_id', 1000000 + usage_id) || '${more}')).*
  FROM usage_logs AS old WHERE request_id = $1::uuid`;

t.test('clean books have no difference', async (t) => {
  const { books } = await setup(t);
  const report = await books.audit();
  t.same(report.differences, { count: 0, more: false, by_kind: {}, listed: [] });
  t.match(report, {
    batches: {
      batches: 4,
      nodes: 1,
      rows: ROWS,
      rows_in_range: ROWS,
      tokens: ROWS * ROW_TOKENS,
      found: { rows: ROWS, tokens: ROWS * ROW_TOKENS },
      proven: 4,
      unproven: 0,
    },
    rows: {
      rows: ROWS,
      tokens: ROWS * ROW_TOKENS,
      unchained: 0,
      by_outcome: { completed: { rows: ROWS, tokens: ROWS * ROW_TOKENS } },
      by_count_source: { reported: { rows: ROWS } },
    },
    chain: { node_id: books.nodeId, head: { seq: 4 }, last: { seq: 4, hash: books.hash.toString('hex') } },
  });
});

t.test('deleted rows', async (t) => {
  const { books, sql, ids } = await setup(t);
  const gone = [ids[3]!, ids[4]!, ids[60]!];
  await sql('DELETE FROM usage_logs WHERE request_id = ANY($1)', [gone]);
  const report = await books.audit();
  t.same(found(report), gone.map((id) => `missing ${id}`).toSorted());
  t.match(report.batches, { rows: ROWS, found: { rows: ROWS - 3 }, proven: 2, unproven: 2 });
});

t.test('rows doubled under new ids, with and without the columns of the chain', async (t) => {
  const { books, sql, ids } = await setup(t);
  const [first, second] = [uuidv7(NOON), uuidv7(NOON)];
  await sql(copy(), [ids[7], first]);
  await sql(copy('{"batch_id": null, "digest": null}'), [ids[8], second]);
  const report = await books.audit();
  t.same(found(report), [`doubled ${first}`, `foreign ${second}`]);
  t.equal(report.differences.listed.find(({ request_id }) => request_id === first)?.copy_of, ids[7]);
  t.equal(report.differences.listed.find(({ request_id }) => request_id === second)?.copy_of, ids[8]);
});

for (const [what, change] of [
  ['tokens', 'token_count = 0'],
  ['a model', `routed_model = 'cheap'`],
  ['a model, by nothing but NULL', 'routed_model = NULL'],
  ['the owner', 'user_id = 18'],
  ['a duration, by a hair', 'duration_ms = duration_ms + 1e-9'],
  ['the digest, which is gone', 'digest = NULL'],
  ['the batch that it names', 'batch_id = 2'],
  ['the batch, which is gone', 'batch_id = NULL'],
  ['the time, within its batch', `timestamp = timestamp + interval '1 millisecond'`],
] as const) {
  t.test(`an edited row: ${what}`, async (t) => {
    const { books, sql, ids } = await setup(t);
    await sql(`UPDATE usage_logs SET ${change} WHERE request_id = $1`, [ids[5]]);
    t.same(found(await books.audit()), [`edited ${ids[5]}`]);
  });
}

t.test('a forged digest', async (t) => {
  const { books, sql, ids, batches } = await setup(t);
  await sql(`UPDATE usage_logs SET digest = sha256('x') WHERE request_id = $1`, [ids[5]]);
  t.same(found(await books.audit()), [`batch_altered batch ${batches[0]}`, `edited ${ids[5]}`]);
});

t.test('a row whose time was moved by a day is found from either day', async (t) => {
  const { books, sql, ids } = await setup(t);
  await sql(`UPDATE usage_logs SET timestamp = timestamp + interval '1 day' WHERE request_id = $1`, [ids[5]]);
  t.same(found(await books.audit()), [`moved ${ids[5]}`]);
  const next = { from: new Date('2026-03-02T00:00:00Z'), to: new Date('2026-03-03T00:00:00Z') };
  t.same(found(await books.audit(next)), [`moved ${ids[5]}`]);
});

t.test('a row that was edited together with its digest breaks its batch', async (t) => {
  const { books, sql, ids, batches } = await setup(t);
  await sql('UPDATE usage_logs SET token_count = 1 WHERE request_id = $1', [ids[30]]);
  await sql('UPDATE usage_logs u SET digest = apipod_usage_digest(u) WHERE request_id = $1', [ids[30]]);
  const report = await books.audit();
  t.same(found(report), [`batch_altered batch ${batches[1]}`]);
  t.ok(report.differences.listed[0]?.request_ids?.includes(ids[30]!), 'it is among the suspects');
});

t.test('a batch that was made to fit does not fit the next one', async (t) => {
  const { books, sql, ids, batches } = await setup(t);
  await sql('UPDATE usage_logs SET token_count = 1 WHERE request_id = $1', [ids[30]]);
  await sql('UPDATE usage_logs u SET digest = apipod_usage_digest(u) WHERE request_id = $1', [ids[30]]);
  await sql(
    `UPDATE usage_batches b SET token_sum = token_sum - 29, hash = apipod_batch_hash(prev_hash, node_id, seq, request_ids,
       (SELECT array_agg(digest ORDER BY request_id) FROM usage_logs u WHERE u.batch_id = b.batch_id))
     WHERE batch_id = $1`,
    [batches[1]],
  );
  t.same(found(await books.audit()), [`chain_broken batch ${batches[2]}`]);
  // Only the batch before is in this range.
  const range = { from: new Date(NOON), to: new Date(NOON + 30_000) };
  t.same(found(await books.audit(range)), [`chain_broken batch ${batches[2]}`]);
});

t.test('a chain that was made to fit to its end does not fit the head in DATA_DIR', async (t) => {
  const { books, sql, batches } = await setup(t);
  await sql('UPDATE usage_batches SET hash = sha256(hash) WHERE batch_id = $1', [batches[3]]);
  const report = await books.audit();
  t.same(found(report), [`batch_altered batch ${batches[3]}`, 'head batch null']);
  t.match(report.differences.listed[1]?.text, /rewritten/);
});

t.test('a deleted batch, with and without its rows', async (t) => {
  const { books, sql, ids, batches } = await setup(t);
  await sql('DELETE FROM usage_batches WHERE batch_id = $1', [batches[1]]);
  const orphans = ids.slice(25, 50).map((id) => `orphaned ${id}`);
  const gap = `batches_missing batch ${batches[2]}`;
  t.same(found(await books.audit()), [gap, ...orphans].toSorted());
  await sql('DELETE FROM usage_logs WHERE batch_id = $1', [batches[1]]);
  const report = await books.audit();
  t.same(found(report), [gap]);
  t.match(report.differences.listed[0]?.text, /^1 batches .*seq 2 to 2/);
});

t.test('the first batch deleted', async (t) => {
  const { books, sql, batches } = await setup(t);
  await sql('DELETE FROM usage_logs WHERE batch_id = $1', [batches[0]]);
  await sql('DELETE FROM usage_batches WHERE batch_id = $1', [batches[0]]);
  t.same(found(await books.audit()), [`batches_missing batch ${batches[1]}`]);
});

t.test('an id taken out of a batch, and one put in', async (t) => {
  const { books, sql, ids, batches } = await setup(t);
  await sql('UPDATE usage_batches SET request_ids = array_remove(request_ids, $1) WHERE batch_id = $2', [
    ids[26],
    batches[1],
  ]);
  t.same(found(await books.audit()), [`batch_altered batch ${batches[1]}`, `doubled ${ids[26]}`]);
  await sql('UPDATE usage_batches SET request_ids = request_ids || $1::uuid WHERE batch_id = $2', [
    ids[26],
    batches[0],
  ]);
  t.same(found(await books.audit()), [
    `batch_altered batch ${batches[0]}`,
    `batch_altered batch ${batches[1]}`,
    `edited ${ids[26]}`,
  ]);
});

t.test('the sum, count or times of a batch, which no hash covers', async (t) => {
  for (const change of [
    'token_sum = token_sum - 1',
    'row_count = row_count - 1',
    `last_at = last_at + interval '1 second'`,
    `first_at = first_at - interval '1 month', last_at = last_at - interval '1 month'`,
  ]) {
    const { books, sql, batches } = await setup(t);
    await sql(`UPDATE usage_batches SET ${change} WHERE batch_id = $1`, [batches[1]]);
    t.same(found(await books.audit()), [`batch_altered batch ${batches[1]}`], change);
  }
});

t.test('the first batch of a range given another time', async (t) => {
  const { books, sql, ids, batches } = await setup(t);
  await sql(
    `UPDATE usage_batches SET first_at = first_at - interval '1 month', last_at = last_at - interval '1 month'
     WHERE batch_id = $1`,
    [batches[0]],
  );
  t.same(found(await books.audit()), [`batch_altered batch ${batches[0]}`]);
  await sql('DELETE FROM usage_logs WHERE batch_id = $1', [batches[0]]);
  const missing = ids.slice(0, 25).map((id) => `missing ${id}`);
  t.same(found(await books.audit()), missing.toSorted(), 'its rows deleted as well');
});

t.test('a batch given a time beyond the ones around it', async (t) => {
  const { books, sql, ids, batches } = await setup(t);
  await sql(
    `UPDATE usage_batches SET first_at = first_at - interval '1 month', last_at = last_at - interval '1 month'
     WHERE batch_id <= $1`,
    [batches[1]],
  );
  t.same(found(await books.audit()), [`batch_altered ${ids[0]}`, `batch_altered batch ${batches[1]}`]);
});

t.test('the end of the chain cut off', async (t) => {
  const { books, sql, batches } = await setup(t);
  await sql('DELETE FROM usage_logs WHERE batch_id >= $1', [batches[2]]);
  await sql('DELETE FROM usage_batches WHERE batch_id >= $1', [batches[2]]);
  const report = await books.audit();
  t.same(found(report), ['head batch null']);
  t.match(report.differences.listed[0]?.text, /2 batches \(seq 3 to 4\)/);
  await sql('DELETE FROM usage_logs');
  await sql('DELETE FROM usage_batches');
  t.match((await books.audit()).differences.listed[0]?.text, /4 batches \(seq 1 to 4\)/);
});

t.test('a row put in by hand', async (t) => {
  const { books, sql } = await setup(t);
  const id = uuidv7(NOON);
  await sql(
    'INSERT INTO usage_logs (request_id, quota_item_id, token_count, timestamp) VALUES ($1, 1, 1, $2)',
    [id, new Date(NOON + 1)],
  );
  const report = await books.audit();
  t.same(found(report), [`foreign ${id}`]);
  t.match(report.differences.listed, [{ copy_of: null, text: /^No gateway wrote it/ }]);
});

t.test('a row of a gateway from before the chain, beside a newer one, is told as that', async (t) => {
  const { books, sql } = await setup(t);
  const id = uuidv7(NOON);
  await sql(
    `INSERT INTO usage_logs (request_id, quota_item_id, token_count, upstream, duration_ms, timestamp)
     VALUES ($1, 1, 1, 'ghcp', 2.5, $2)`,
    [id, new Date(NOON + 1)],
  );
  const report = await books.audit();
  t.match(report.differences.listed, [
    { kind: 'foreign', request_id: id, text: /looks like .* before the chain/ },
  ]);
});

t.test('rows from before the chain are counted, and are no difference', async (t) => {
  const { books, sql } = await setup(t);
  await sql(
    `INSERT INTO usage_logs (quota_item_id, token_count, timestamp)
     SELECT 1, 5, $1::timestamptz - n * interval '1 second' FROM generate_series(1, 10) AS n`,
    [new Date(NOON)],
  );
  const report = await books.audit();
  t.equal(report.differences.count, 0);
  t.match(report.rows, { rows: ROWS + 10, unchained: 10 });
});

t.test('more differences than are named are counted', async (t) => {
  const { books, sql } = await setup(t);
  await books.write(usageRows(1_500, NOON + 3_600_000));
  await sql('UPDATE usage_logs SET status = 201');
  const { differences } = await books.audit();
  t.match(differences, { count: 1_500 + ROWS, by_kind: { edited: 1_500 + ROWS }, more: false });
  t.equal(differences.listed.length, 1_000);
});

t.test('another node cannot be taken for this one', async (t) => {
  const { books, ids } = await setup(t);
  const other = new TestBooks(t, books.database);
  await other.write([usageRow(NOON + 5)]);
  const report = await books.audit();
  t.equal(report.differences.count, 0);
  t.match(report.batches, { nodes: 2, batches: 5, rows: ids.length + 1 });
  const end = { node_id: other.nodeId, seq: 1, hash: other.hash.toString('hex') };
  t.same(report.chain.others, [end], 'whose end is not checked here');
});

// A record becomes one row with all that was in it, however often and from however many sides it is sent.
import t from 'tap';
import { uuidv7 } from '../../../src/core/id.ts';
import { testDatabase } from '../../fixtures/database.ts';
import { usageRow, usageRows } from '../../fixtures/journal.ts';
import { batchWriter, counted } from '../../fixtures/shipper.ts';

t.test('every value is in its column', async (t) => {
  const database = await testDatabase(t);
  const { writer } = batchWriter(t, database);
  const requestId = uuidv7(Date.now());
  const row = usageRow({
    requestId,
    clientRequestId: 'client-1',
    requestedModel: 'Größe \\N {"a"} \u{1f600} \ud800',
  });
  t.same(await writer.write([row]), []);
  const rows = await database.query('SELECT * FROM usage_logs');
  t.equal(rows.length, 1);
  t.match(rows[0], {
    request_id: requestId,
    client_request_id: 'client-1',
    quota_item_id: 3,
    user_id: 17,
    sub_id: 2,
    timestamp: new Date(1_700_000_000_123),
    token_count: '1234',
    input_tokens: '1200',
    output_tokens: '34',
    cache_read_tokens: '1000',
    cache_write_tokens: '0',
    reasoning_tokens: '12',
    count_source: 'reported',
    outcome: 'completed',
    status: 200,
    dialect: 'openai',
    api: 'chat',
    streamed: true,
    requested_model: 'Größe \\N {"a"} \u{1f600} \ufffd',
    routed_model: 'claude-sonnet-4.5',
    upstream: 'ghcp',
    attempts: 1,
    first_byte_ms: 12.5,
    duration_ms: 345.25,
    prompt_bytes: '4801',
    reported_input_tokens: '1200',
    reported_output_tokens: '34',
    observed_input_tokens: '1190',
    observed_output_tokens: '31',
    delivered_output_tokens: '29',
  });
});

t.test('what is not known is NULL', async (t) => {
  const database = await testDatabase(t);
  const { writer } = batchWriter(t, database);
  await writer.write([usageRow({ clientRequestId: null, firstByteMs: null, requestedModel: '' })]);
  t.match(await database.query('SELECT client_request_id, first_byte_ms, requested_model FROM usage_logs'), [
    { client_request_id: null, first_byte_ms: null, requested_model: '' },
  ]);
});

t.test('sent again, in one INSERT, and by two writers at once', async (t) => {
  const database = await testDatabase(t);
  const writers = [batchWriter(t, database).writer, batchWriter(t, database).writer];
  const rows = usageRows(1_000);
  const reversed = rows.toReversed();
  const batches = [rows.slice(0, 500), reversed, rows, [...rows.slice(0, 10), ...rows.slice(0, 10)]];
  const written = await Promise.all(batches.flatMap((batch) => writers.map((writer) => writer.write(batch))));
  t.same(written.flat(), []);
  t.same(await counted(database), { rows: 1_000, ids: 1_000 });
  const sum = (name: 'written' | 'duplicates') =>
    writers.reduce((total, { stats }) => total + stats[name], 0);
  t.equal(sum('written'), 1_000);
  t.equal(sum('duplicates'), 2 * (500 + 1_000 + 1_000 + 20) - 1_000);
});

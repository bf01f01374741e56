// A usage row is one line of text from the worker to PostgreSQL: nothing in a client's words can break out of its
// field, its line, or its bounds.
import t from 'tap';
import { describeRow, encodeRow, INSERT_ROWS, TEXT_CHARS_MAX } from '../../../../src/core/ledger/row.ts';
import { usageRecord } from '../../../fixtures/usage.ts';

t.test('puts every value under its column', async (t) => {
  const record = usageRecord({ clientRequestId: 'client-1' });
  t.same(describeRow(encodeRow(record)), {
    request_id: record.requestId,
    client_request_id: 'client-1',
    quota_item_id: '3',
    user_id: '17',
    sub_id: '2',
    token_count: '1234',
    input_tokens: '1200',
    output_tokens: '34',
    cache_read_tokens: '1000',
    cache_write_tokens: '0',
    reasoning_tokens: '12',
    count_source: 'reported',
    outcome: 'completed',
    status: '200',
    dialect: 'openai',
    api: 'chat',
    streamed: 'true',
    requested_model: 'cursor-pro-sonnet',
    routed_model: 'claude-sonnet-4.5',
    upstream: 'ghcp',
    attempts: '1',
    first_byte_ms: '12.5',
    duration_ms: '345.25',
    timestamp: '1700000000123',
  });
});

t.test('keeps null apart from every text', async (t) => {
  const { client_request_id, first_byte_ms, requested_model } = describeRow(
    encodeRow(usageRecord({ clientRequestId: null, firstByteMs: null, requestedModel: '' })),
  );
  t.same([client_request_id, first_byte_ms, requested_model], [null, null, '']);
  t.equal(describeRow(encodeRow(usageRecord({ requestedModel: '\x1a' }))).requested_model, '\ufffd');
});

t.test('control characters become the replacement character', async (t) => {
  const row = encodeRow(usageRecord({ requestedModel: 'a\0b\tc\nd\re\x7f', clientRequestId: '\n' }));
  t.equal(row.split('\n').length, 1);
  t.match(describeRow(row), {
    requested_model: 'a\ufffdb\ufffdc\ufffdd\ufffde\ufffd',
    client_request_id: '\ufffd',
    duration_ms: '345.25',
  });
});

t.test('long texts are cut', async (t) => {
  const { requested_model } = describeRow(encodeRow(usageRecord({ requestedModel: 'x'.repeat(1_000_000) })));
  t.equal(requested_model, 'x'.repeat(TEXT_CHARS_MAX));
});

t.test('the statement reads as many fields as a row has', async (t) => {
  const fields = encodeRow(usageRecord()).split('\t').length;
  t.match(INSERT_ROWS, `f[${fields}]`);
  t.notMatch(INSERT_ROWS, `f[${fields + 1}]`);
});

// A usage row is one line of text from the worker to PostgreSQL: nothing in a client's words can break out of its
// field, its line, or its bounds.
import t from 'tap';
import { COLUMNS, describeRow, requestIdOf, TEXT_CHARS_MAX } from '../../../../src/core/ledger/row.ts';
import { usageRow } from '../../../fixtures/usage.ts';

t.test('puts every value under its column', async (t) => {
  const row = usageRow({ clientRequestId: 'client-1' });
  t.same(describeRow(row), {
    request_id: requestIdOf(row),
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
    prompt_bytes: '4801',
    reported_input_tokens: '1200',
    reported_output_tokens: '34',
    observed_input_tokens: '1190',
    observed_output_tokens: '31',
    delivered_output_tokens: '29',
  });
});

t.test('keeps null apart from every text', async (t) => {
  const { client_request_id, first_byte_ms, requested_model } = describeRow(
    usageRow({ clientRequestId: null, firstByteMs: null, requestedModel: '' }),
  );
  t.same([client_request_id, first_byte_ms, requested_model], [null, null, '']);
  t.equal(describeRow(usageRow({ requestedModel: '\x1a' })).requested_model, '\ufffd');
});

t.test('times are printed as JavaScript and PostgreSQL print them, to the microsecond', async (t) => {
  const durations = Array.from({ length: 5_000 }, (_, i) => i * 1.2345 * (i % 7 === 0 ? 1_000 : 1));
  for (const durationMs of [0, 0.0004, 0.0005, 0.9996, 1, 10, 100, 999.9996, 3_600_000.001, ...durations]) {
    const { duration_ms } = describeRow(usageRow({ durationMs }));
    if (duration_ms !== String(Math.round(durationMs * 1000) / 1000)) t.fail(`${durationMs}: ${duration_ms}`);
  }
  t.equal(describeRow(usageRow({ durationMs: -1 })).duration_ms, '0', 'never less than nothing');
});

t.test('control characters become the replacement character', async (t) => {
  const row = usageRow({ requestedModel: 'a\0b\tc\nd\re\x7f', clientRequestId: '\n' });
  t.equal(row.split('\n').length, 1);
  t.match(describeRow(row), {
    requested_model: 'a\ufffdb\ufffdc\ufffdd\ufffde\ufffd',
    client_request_id: '\ufffd',
    duration_ms: '345.25',
  });
});

t.test('long texts are cut', async (t) => {
  const { requested_model } = describeRow(usageRow({ requestedModel: 'x'.repeat(1_000_000) }));
  t.equal(requested_model, 'x'.repeat(TEXT_CHARS_MAX));
});

t.test('a row has a field for each column', async (t) => {
  t.equal(usageRow().split('\t').length, COLUMNS.length);
});

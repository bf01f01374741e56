// GET /admin/usage gives the rows of a range of time, in order, as NDJSON or CSV.
import t from 'tap';
import { addUsage, adminGateway } from '../../fixtures/admin.ts';
import { testDatabase } from '../../fixtures/database.ts';

const ROWS = 1_000;
const ALL = 'from=2026-01-01&to=2026-01-02';

t.test('NDJSON, the default', async (t) => {
  const database = await testDatabase(t);
  const { request, done } = await adminGateway(t, database);
  await database.query(
    `INSERT INTO users (username, apitoken) VALUES ('alice "the, first"', 'apk_a token of some length')`,
  );
  await addUsage(database, ROWS);
  const response = await request('GET', `/admin/usage?${ALL}`);
  t.equal(response.status, 200);
  t.equal(response.headers.get('content-type'), 'application/x-ndjson');
  const lines = (await response.text()).split('\n');
  t.equal(lines.pop(), '', 'the last line is ended');
  const rows = lines.map((line) => JSON.parse(line));
  t.equal(rows.length, ROWS);
  t.match(rows[2], {
    timestamp: '2026-01-01T00:00:02.000Z',
    user_id: 1,
    name: 'alice "the, first"',
    token_count: 6,
    input_tokens: 2,
    output_tokens: 4,
    streamed: true,
    client_request_id: null,
    first_byte_ms: 0.5,
  });
  t.same(
    rows.map(({ input_tokens }) => input_tokens),
    Array.from({ length: ROWS }, (_, n) => n),
    'in the order of time',
  );
  t.equal(done.at(-1)?.outcome, 'completed');
});

t.test('CSV', async (t) => {
  const database = await testDatabase(t);
  const { request } = await adminGateway(t, database);
  await addUsage(database, 2);
  await database.query(`UPDATE usage_logs SET requested_model = '=1+1' WHERE input_tokens = 1`);
  const response = await request('GET', `/admin/usage?${ALL}&format=csv`);
  t.match(response.headers.get('content-type'), /^text\/csv/);
  const [header, first, second, end] = (await response.text()).split('\r\n') as [
    string,
    string,
    string,
    string,
  ];
  t.match(header, /^usage_id,request_id,.*,duration_ms,api,prompt_bytes,.*,delivered_output_tokens$/);
  t.equal(first.split(',').length, header.split(',').length);
  t.match(second, ",'=1+1,");
  t.equal(end, '');
});

t.test('`from` is in the range, `to` is not', async (t) => {
  const database = await testDatabase(t);
  const { request } = await adminGateway(t, database);
  await addUsage(database, 10);
  const from = '2026-01-01T00:00:03Z';
  const to = encodeURIComponent('2026-01-01T02:00:05+02:00');
  const text = await (await request('GET', `/admin/usage?from=${from}&to=${to}`)).text();
  t.same(text.match(/"timestamp":"[^"]+"/g), [
    '"timestamp":"2026-01-01T00:00:03.000Z"',
    '"timestamp":"2026-01-01T00:00:04.000Z"',
  ]);
});

t.test('without a range it gives the last 24 hours', async (t) => {
  const database = await testDatabase(t);
  const { request } = await adminGateway(t, database);
  await addUsage(database, 2);
  await database.query(
    `UPDATE usage_logs SET timestamp = now() - (input_tokens * 24 + 1) * interval '1 hour'`,
  );
  const text = await (await request('GET', '/admin/usage')).text();
  t.equal(text.split('\n').length, 2);
  t.equal(JSON.parse(text).input_tokens, 0);
});

t.test('an empty range is an empty export', async (t) => {
  const { request } = await adminGateway(t, await testDatabase(t));
  t.equal(await (await request('GET', `/admin/usage?${ALL}`)).text(), '');
  const csv = await (await request('GET', `/admin/usage?${ALL}&format=csv`)).text();
  t.match(csv, /^usage_id,.*\r\n$/);
});

t.test('bad ranges and formats are refused by name', async (t) => {
  const { request } = await adminGateway(t, await testDatabase(t));
  for (const [query, param] of [
    ['from=2026-01-02&to=2026-01-01', 'from'],
    ['from=today', 'from'],
    ['format=xlsx', 'format'],
    ['limit=1', 'limit'],
  ] as const) {
    const response = await request('GET', `/admin/usage?${query}`);
    t.equal(response.status, 400, query);
    t.match(await response.json(), { error: { param } });
  }
});

t.test('HEAD gives the head alone', async (t) => {
  const { request } = await adminGateway(t, await testDatabase(t));
  const response = await request('HEAD', '/admin/usage?format=csv');
  t.equal(response.status, 200);
  t.match(response.headers.get('content-type'), /^text\/csv/);
});

t.test('a database that is away is a 503, not an empty export', async (t) => {
  const database = await testDatabase(t);
  const { request } = await adminGateway(t, database);
  await database.server.stop();
  t.teardown(() => database.server.start());
  t.equal((await request('GET', '/admin/usage')).status, 503);
});

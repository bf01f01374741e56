// GET /admin/reconcile audits the books: one at a time, and no longer than its client stays.
import { once } from 'node:events';
import pg from 'pg';
import t, { type Test } from 'tap';
import { requestIdOf } from '../../../src/core/ledger/row.ts';
import { type AdminOptions, adminGateway } from '../../fixtures/admin.ts';
import { TestBooks, usageRows } from '../../fixtures/books.ts';
import { type TestDatabase, testDatabase } from '../../fixtures/database.ts';
import { download, until } from '../../fixtures/download.ts';

const PATH = '/admin/reconcile?from=2026-03-01&to=2026-03-02';

async function setup(t: Test, options: AdminOptions = {}) {
  const database = await testDatabase(t);
  const books = new TestBooks(t, database);
  const rows = usageRows(10);
  await books.write(rows);
  return {
    database,
    ids: rows.map(requestIdOf),
    ...(await adminGateway(t, database, { ...options, dataDir: books.dataDir })),
  };
}

/** Connections of audits to this database. @param waiting only those that wait for this */
async function connections({ query }: TestDatabase, waiting?: string): Promise<number> {
  const [row] = await query<{ count: string }>(
    `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
     AND application_name = 'apipod reconcile' AND ($1::text IS NULL OR wait_event_type = $1)`,
    [waiting ?? null],
  );
  return Number(row!.count);
}

/** Holds up every audit until it is released. */
async function lock(t: Test, { url }: TestDatabase) {
  const locker = new pg.Client({ connectionString: url });
  t.teardown(() => locker.end());
  await locker.connect();
  await locker.query('BEGIN; LOCK TABLE usage_logs');
  return { release: () => locker.query('ROLLBACK') };
}

t.test('gives the report as JSON', async (t) => {
  const { request, database, ids, done } = await setup(t, {
    scrape: async () =>
      '# HELP apipod_usage_admitted_total x\napipod_usage_admitted_total 10\napipod_usage_rows_written_total 10\n',
  });
  await database.query('DELETE FROM usage_logs WHERE request_id = $1', [ids[4]]);
  const response = await request('GET', PATH);
  t.equal(response.status, 200);
  t.equal(response.headers.get('cache-control'), 'no-store');
  t.match(await response.json(), {
    from: '2026-03-01T00:00:00.000Z',
    to: '2026-03-02T00:00:00.000Z',
    rows: { rows: 9 },
    batches: { rows: 10 },
    metrics: { admitted: 10, balance: 0 },
    differences: { count: 1, by_kind: { missing: 1 }, listed: [{ kind: 'missing', request_id: ids[4] }] },
  });
  t.equal(done.at(-1)?.outcome, 'completed');
});

t.test('bad ranges are refused by name', async (t) => {
  const { request } = await setup(t);
  for (const [query, param] of [
    ['from=2026-01-02&to=2026-01-01', 'from'],
    ['to=today', 'to'],
    ['format=csv', 'format'],
  ] as const) {
    const response = await request('GET', `/admin/reconcile?${query}`);
    t.equal(response.status, 400, query);
    t.match(await response.json(), { error: { param } });
  }
});

t.test('wants the secret', async (t) => {
  const { url } = await setup(t);
  t.equal((await fetch(`${url}${PATH}`)).status, 403);
});

t.test('one at a time', async (t) => {
  const { request, database } = await setup(t);
  const { release } = await lock(t, database);
  const first = request('GET', PATH);
  await until(async () => (await connections(database, 'Lock')) === 1);
  t.equal((await request('GET', PATH)).status, 429);
  t.equal((await request('HEAD', PATH)).status, 200);
  await release();
  t.equal((await first).status, 200);
  t.equal((await request('GET', PATH)).status, 200);
});

for (const engine of ['auto', 'node'] as const) {
  t.test(`a client that leaves ends the query on the server, on the engine ${engine}`, async (t) => {
    const { port, request, database, done } = await setup(t, { engine });
    const { release } = await lock(t, database);
    for (let i = 0; i < 2; i++) {
      const { socket } = download(port, PATH);
      await until(async () => (await connections(database, 'Lock')) === 1);
      socket.resetAndDestroy();
      await once(socket, 'close');
      await until(async () => (await connections(database)) === 0);
      t.equal(done[i]?.outcome, 'client_aborted');
    }
    await release();
    t.equal((await request('GET', PATH)).status, 200);
  });
}

t.test('a database that is away is a 503', async (t) => {
  const { request, database, done } = await setup(t);
  await database.server.stop();
  t.teardown(() => database.server.start());
  for (const path of [PATH, '/admin/keys']) {
    const response = await request('GET', path);
    t.equal(response.status, 503);
    t.match(await response.json(), { error: { message: /^The database cannot be used right now/ } });
  }
  t.match(done[0]?.error?.message, /^Cannot read the database .*ECONNREFUSED/, 'for the log');
});

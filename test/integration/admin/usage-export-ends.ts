// However an export ends, its database connection and its place are free again, and only a whole one ends cleanly.
import { once } from 'node:events';
import pg from 'pg';
import t, { type Test } from 'tap';
import { type AdminOptions, addUsage, adminGateway, exportConnections } from '../../fixtures/admin.ts';
import { testDatabase } from '../../fixtures/database.ts';
import { download, until } from '../../fixtures/download.ts';

/** More than sockets hold: 20 MB. */
const ROWS = 40_000;
const PATH = '/admin/usage?from=2026-01-01&to=2027-01-01';
/** As in routes.ts and export.ts. */
const EXPORTS_MAX = 2;
const READ_TIMEOUT_MS = 120_000;

async function setup(t: Test, options: AdminOptions) {
  const database = await testDatabase(t);
  const gateway = await adminGateway(t, database, options);
  await addUsage(database, ROWS);
  /** An export that waits for its client in mid-stream. */
  const stall = async () => {
    const running = download(gateway.port, PATH);
    await until(() => running.bytes() > 0);
    running.socket.pause();
    await until(() => gateway.backpressure.waiting.size > 0);
    return running;
  };
  const free = () => until(async () => (await exportConnections(database)) === 0);
  return { ...gateway, database, stall, free };
}

for (const engine of ['auto', 'node'] as const) {
  t.test(`on the engine ${engine}`, async (t) => {
    t.test('the client leaves while the export waits for it', async (t) => {
      const { stall, free, done, backpressure } = await setup(t, { engine });
      for (let i = 0; i <= EXPORTS_MAX; i++) {
        const { socket } = await stall();
        socket.resetAndDestroy();
        await free();
        backpressure.waiting.clear();
        t.equal(done[i]?.outcome, 'client_aborted');
      }
    });

    t.test('the client leaves while rows come', async (t) => {
      const { port, free, done } = await setup(t, { engine });
      for (let i = 0; i <= EXPORTS_MAX; i++) {
        const { socket } = download(port, PATH);
        await once(socket, 'data');
        socket.resetAndDestroy();
        await until(() => done.length > i);
        await free();
        t.equal(done[i]?.outcome, 'client_aborted');
      }
    });

    t.test('a client that takes nothing for too long is cut', async (t) => {
      const { port, free, done } = await setup(t, { engine, clientStallTimeoutMs: 500 });
      const { socket, bytes, whole } = download(port, PATH);
      await until(() => bytes() > 0);
      socket.pause();
      await until(() => done.length > 0);
      await free();
      t.equal(done[0]?.outcome, 'client_aborted');
      socket.resume();
      t.notOk(await whole);
    });

    t.test('a database that gives no rows for too long is given up', async (t) => {
      const { database, request, open, free } = await setup(t, { engine });
      const locker = new pg.Client({ connectionString: database.url });
      t.teardown(() => locker.end());
      await locker.connect();
      await locker.query('BEGIN; LOCK TABLE usage_logs');
      const response = request('GET', PATH);
      await until(async () => (await exportConnections(database, 'Lock')) === 1);
      for (const exchange of open) exchange.check(performance.now() + READ_TIMEOUT_MS);
      t.equal((await response).status, 503);
      await locker.query('ROLLBACK');
      await free();
    });

    t.test('the database dies in mid-export', async (t) => {
      const { stall, database, done } = await setup(t, { engine });
      const { socket, whole } = await stall();
      await database.server.kill();
      t.teardown(() => database.server.start());
      await until(() => done.length > 0);
      socket.resume();
      t.notOk(await whole, 'the client sees that rows are missing');
      t.equal(done[0]?.error?.code, 'database_unavailable');
    });

    t.test('the query is cancelled in mid-export', async (t) => {
      const { stall, database, done } = await setup(t, { engine });
      const { socket, whole } = await stall();
      await database.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'apipod export'`,
      );
      socket.resume();
      t.notOk(await whole);
      t.equal(done[0]?.outcome, 'rejected');
    });

    t.test('only so many run at a time', async (t) => {
      const { stall, request, free } = await setup(t, { engine });
      const running = [];
      for (let i = 0; i < EXPORTS_MAX; i++) running.push(await stall());
      const refused = await request('GET', PATH);
      t.equal(refused.status, 429);
      t.match(await refused.json(), { error: { code: 'rate_limit_exceeded' } });
      for (const { socket } of running) socket.resetAndDestroy();
      await free();
      const empty = await request('GET', '/admin/usage?from=2020-01-01&to=2020-01-02');
      t.equal(empty.status, 200);
    });
  });
}

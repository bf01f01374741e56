// A database that is down at start is waited for; one that turns us away is not. Missing tables name the command.
import { createServer } from 'node:net';
import t from 'tap';
import { openDatabase } from '../../../src/primary/database.ts';
import { testDatabase, testServer } from '../../fixtures/database.ts';
import { recordLog } from '../../fixtures/recorder.ts';
import { config, silent } from '../../fixtures/settings.ts';

const open = (url: string, settings: object = {}) =>
  openDatabase({ ...config, DATABASE_URL: url, ...settings }, silent);

t.test('a complete database is taken as it is', async (t) => {
  const db = await testDatabase(t);
  const database = await open(db.url);
  t.match(database, { url: db.url, embedded: false });
  await database.stop();
  t.same(await db.query('SELECT 1 AS one'), [{ one: 1 }], 'and left running');
});

t.test('missing tables: one message with the commands', async (t) => {
  const db = await testDatabase(t, { empty: true });
  const error = await open(db.url).catch((error: Error) => error);
  t.match(error, {
    name: 'DatabaseError',
    message: /no tables.*subscriptions, llm_models, quota_items, users, usage_logs/,
  });
  t.match(error, { message: /psql "\$DATABASE_URL" -f schema.sql -f seed.sql/ });
  t.match(error, { message: /npm run db:setup/ });
});

t.test('missing columns: the same, and which', async (t) => {
  const db = await testDatabase(t);
  await db.query('ALTER TABLE usage_logs DROP COLUMN first_byte_ms');
  await t.rejects(open(db.url), {
    name: 'DatabaseError',
    message: /older version.*usage_logs\.first_byte_ms/,
  });
});

t.test('a wrong password is not tried again, nor shown', async (t) => {
  const server = await testServer();
  const url = new URL(server.url('postgres'));
  url.password = 'hunter2hunter2';
  const error = (await open(url.href).catch((error: Error) => error)) as Error;
  t.match(error, { name: 'DatabaseError', message: /password authentication failed.*DATABASE_URL/ });
  t.match(error.message, `on 127.0.0.1:${server.port} as apipod`);
  t.notMatch(error.message, 'hunter2');
});

t.test('an unknown database is not tried again', async (t) => {
  const server = await testServer();
  await t.rejects(open(server.url('nowhere')), { message: /database "nowhere" does not exist/ });
});

t.test('a server without TLS is not tried again', async (t) => {
  const db = await testDatabase(t);
  const url = db.url.replace('sslmode=disable', 'sslmode=verify-full');
  await t.rejects(open(url), { message: /does not support SSL/ });
});

t.test('sslmode=disable gives no warning', async (t) => {
  const warnings: Error[] = [];
  const listener = (warning: Error) => warnings.push(warning);
  process.on('warning', listener);
  t.teardown(() => process.off('warning', listener));
  const db = await testDatabase(t);
  t.match(db.url, /sslmode=disable/);
  await open(db.url);
  await new Promise(setImmediate);
  t.same(warnings, []);
});

t.test('given up after the stated time', async (t) => {
  const probe = createServer();
  const port = await new Promise<number>((resolve) =>
    probe.listen(0, '127.0.0.1', () => resolve((probe.address() as { port: number }).port)),
  );
  await new Promise((resolve) => probe.close(resolve));
  await t.rejects(open(`postgres://local@127.0.0.1:${port}/apipod`, { DATABASE_START_TIMEOUT_MS: 400 }), {
    name: 'DatabaseError',
    message: /has not answered for 0.4 s \(DATABASE_START_TIMEOUT_MS\).*ECONNREFUSED/,
  });
});

t.test('given up when told so', async (t) => {
  const server = await testServer();
  await server.stop();
  t.teardown(() => server.start());
  const { log, line } = recordLog();
  const stop = new AbortController();
  const waiting = openDatabase({ ...config, DATABASE_URL: server.url('postgres') }, log, stop.signal);
  await line(/waiting for the database/);
  stop.abort();
  await t.rejects(waiting, { name: 'AbortError' });
});

t.test('one that comes up is taken', async (t) => {
  const db = await testDatabase(t);
  await db.server.stop();
  const { log, line, lines } = recordLog();
  const waiting = openDatabase({ ...config, DATABASE_URL: db.url }, log);
  await line(/waiting for the database/);
  await db.server.start();
  t.match(await waiting, { url: db.url });
  t.equal(lines.length, 1, 'one line, not one for each try');
});

t.test('a frozen one is waited for too', async (t) => {
  const db = await testDatabase(t);
  db.server.freeze();
  const { log, line } = recordLog();
  const waiting = openDatabase({ ...config, DATABASE_URL: db.url, DATABASE_CONNECT_TIMEOUT_MS: 100 }, log);
  await line(/waiting for the database/);
  db.server.thaw();
  t.match(await waiting, { url: db.url });
});

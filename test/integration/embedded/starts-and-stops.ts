// Without DATABASE_URL the gateway has a real PostgreSQL of its own, complete with tables, and keeps what is in it.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openDatabase } from '../../../src/primary/database.ts';
import { readPostmaster, worksIn } from '../../../src/primary/postgres/postmaster.ts';
import { dataFolder, query } from '../../fixtures/gateway-process.ts';
import { recordLog } from '../../fixtures/recorder.ts';
import { config, silent } from '../../fixtures/settings.ts';

const PLANS = 'SELECT sub_name FROM subscriptions ORDER BY sub_id';

t.test('makes its database, keeps it over a restart, and adds nothing again', async (t) => {
  const DATA_DIR = dataFolder(t);
  const first = await openDatabase({ ...config, DATA_DIR }, silent);
  t.equal(first.embedded, true);
  t.same(await query(first.url, PLANS), [
    { sub_name: 'cursor-pro-auto' },
    { sub_name: 'cursor-pro-sonnet' },
    { sub_name: 'cursor-pro-opus' },
  ]);
  await query(first.url, `DELETE FROM subscriptions WHERE sub_name = 'cursor-pro-opus'`);
  await first.stop();
  await t.rejects(query(first.url, 'SELECT 1'), { code: 'ECONNREFUSED' });

  const second = await openDatabase({ ...config, DATA_DIR }, silent);
  t.same(await query(second.url, PLANS), [
    { sub_name: 'cursor-pro-auto' },
    { sub_name: 'cursor-pro-sonnet' },
  ]);
  await second.stop();
  t.same(readdirSync(DATA_DIR), ['postgres'], 'and leaves nothing else in DATA_DIR');
});

t.test('is safe and closed to others', async (t) => {
  const DATA_DIR = dataFolder(t);
  const dataDir = join(DATA_DIR, 'postgres');
  const { log, lines } = recordLog();
  const database = await openDatabase({ ...config, DATA_DIR, WORKERS: 64 }, log);
  const settings = await query(
    database.url,
    `SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit',
       'listen_addresses', 'unix_socket_directories', 'max_connections', 'server_encoding') ORDER BY name`,
  );
  t.same(Object.fromEntries(settings.map(({ name, setting }) => [name, setting])), {
    fsync: 'on',
    full_page_writes: 'on',
    listen_addresses: '127.0.0.1',
    max_connections: String(65 * config.DATABASE_POOL_MAX + 20),
    server_encoding: 'UTF8',
    synchronous_commit: 'on',
    unix_socket_directories: '',
  });
  await t.rejects(query(database.url.replace(/:[0-9a-f]{48}@/, ':wrong@'), 'SELECT 1'), { code: '28P01' });
  t.equal(statSync(dataDir).mode & 0o077, 0);
  t.equal(statSync(join(dataDir, 'password')).mode & 0o077, 0);
  t.notMatch(JSON.stringify(lines), new URL(database.url).password, 'no password in the log');
  await database.stop();
});

t.test('a server that dies is started again on the same port', async (t) => {
  const DATA_DIR = dataFolder(t);
  const { log, line } = recordLog();
  const database = await openDatabase({ ...config, DATA_DIR }, log);
  const { pid } = readPostmaster(join(DATA_DIR, 'postgres'))!;
  process.kill(pid, 'SIGKILL');
  await line(/is back/);
  t.same(await query(database.url, 'SELECT count(*)::int AS plans FROM subscriptions'), [{ plans: 3 }]);
  const next = readPostmaster(join(DATA_DIR, 'postgres'))!.pid;
  await database.stop();
  t.notOk(worksIn(join(DATA_DIR, 'postgres'), next), 'and the new one is stopped');
});

t.test('a start can be given up', async (t) => {
  const DATA_DIR = dataFolder(t);
  await (await openDatabase({ ...config, DATA_DIR }, silent)).stop();
  const stop = AbortSignal.abort();
  await t.rejects(openDatabase({ ...config, DATA_DIR }, silent, stop), { name: 'AbortError' });
  t.equal(readPostmaster(join(DATA_DIR, 'postgres')), undefined);
});

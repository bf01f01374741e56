// A pool takes outages as failed queries: nothing hangs, nothing ends the process, and afterwards it works again.
import t from 'tap';
import { openPool } from '../../../src/core/database/pool.ts';
import { testDatabase } from '../../fixtures/database.ts';
import { recordLog } from '../../fixtures/recorder.ts';
import { config } from '../../fixtures/settings.ts';

const settings = { ...config, DATABASE_CONNECT_TIMEOUT_MS: 300, DATABASE_QUERY_TIMEOUT_MS: 300 };

t.test('a restart while connections are idle and in use', async (t) => {
  const db = await testDatabase(t);
  const { log, line } = recordLog();
  const pool = openPool(db.url, config, 'test', log);
  t.teardown(() => void pool.end());
  const idle = await pool.connect();
  const busy = await pool.connect();
  idle.release();
  const query = busy.query('SELECT pg_sleep(60)');
  query.catch(() => {});
  await db.server.stop();
  await t.rejects(query);
  busy.release(true);
  await line(/idle database connection was lost/);
  await t.rejects(pool.query('SELECT 1'), { code: 'ECONNREFUSED' });
  await db.server.start();
  t.match(await pool.query('SELECT 1 AS one'), { rows: [{ one: 1 }] });
});

t.test('a slow query is cancelled by the server, and its connection kept', async (t) => {
  const db = await testDatabase(t);
  const pool = openPool(db.url, { ...settings, DATABASE_POOL_MAX: 1 }, 'test', recordLog().log);
  t.teardown(() => void pool.end());
  const backend = async () => (await pool.query('SELECT pg_backend_pid() AS pid')).rows;
  const client = await pool.connect();
  const [before] = (await client.query('SELECT pg_backend_pid() AS pid')).rows;
  await t.rejects(client.query('SELECT pg_sleep(60)'), { code: '57014' });
  client.release();
  t.same(await backend(), [before]);
});

t.test('a frozen server fails queries and new connections in time', async (t) => {
  const db = await testDatabase(t);
  const pool = openPool(db.url, settings, 'test', recordLog().log);
  t.teardown(() => void pool.end());
  await pool.query('SELECT 1');
  db.server.freeze();
  await t.rejects(pool.query('SELECT 1'), { message: /timeout/ }, 'on the connection that was there');
  await t.rejects(pool.query('SELECT 1'), { message: /timeout/ }, 'on a new one');
  db.server.thaw();
  t.match(await pool.query('SELECT 1 AS one'), { rows: [{ one: 1 }] });
});

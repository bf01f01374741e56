// The database outlives a gateway that is killed. The next gateway takes it over, and there is never more than one.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openDatabase } from '../../../src/primary/database.ts';
import { readPostmaster, worksIn } from '../../../src/primary/postgres/postmaster.ts';
import { dataFolder, query, startProcess } from '../../fixtures/gateway-process.ts';
import { config, silent } from '../../fixtures/settings.ts';

t.test('kill -9 of the gateway: the next one adopts the server and stops it in the end', async (t) => {
  const DATA_DIR = dataFolder(t);
  const dataDir = join(DATA_DIR, 'postgres');
  const gateway = await startProcess(t, DATA_DIR);
  const { pid } = readPostmaster(dataDir)!;
  await gateway.end('SIGKILL');
  t.same(await query(gateway.url, 'SELECT 1 AS one'), [{ one: 1 }], 'it lives on');
  const database = await openDatabase({ ...config, DATA_DIR }, silent);
  t.equal(database.url, gateway.url);
  t.equal(readPostmaster(dataDir)?.pid, pid);
  await database.stop();
  t.notOk(worksIn(dataDir, pid));
  t.notOk(existsSync(join(dataDir, 'postmaster.pid')));
});

t.test('SIGTERM stops both', async (t) => {
  const DATA_DIR = dataFolder(t);
  const dataDir = join(DATA_DIR, 'postgres');
  const gateway = await startProcess(t, DATA_DIR);
  const { pid } = readPostmaster(dataDir)!;
  t.equal(await gateway.end('SIGTERM'), 0);
  t.notOk(worksIn(dataDir, pid));
});

t.test('Ctrl-C reaches the gateway only', async (t) => {
  const gateway = await startProcess(t, dataFolder(t));
  process.kill(-gateway.pid, 'SIGINT');
  t.same(await query(gateway.url, 'SELECT pg_sleep(0.3), 1 AS one'), [{ pg_sleep: '', one: 1 }]);
});

t.test('a second gateway on the same folder is refused, and disturbs nothing', async (t) => {
  const DATA_DIR = dataFolder(t);
  const gateway = await startProcess(t, DATA_DIR);
  await t.rejects(openDatabase({ ...config, DATA_DIR }, silent), {
    name: 'DatabaseError',
    message: `in use by apipod gateway ${gateway.pid}`,
  });
  t.same(await query(gateway.url, 'SELECT 1 AS one'), [{ one: 1 }]);
});

t.test('two first starts at once: one wins, on a whole database', async (t) => {
  const DATA_DIR = dataFolder(t);
  const other = startProcess(t, DATA_DIR).catch(() => undefined);
  const mine = await openDatabase({ ...config, DATA_DIR }, silent).catch(() => undefined);
  const winner = mine ?? (await other);
  t.ok(winner);
  t.equal([mine, await other].filter(Boolean).length, 1);
  t.same(await query(winner!.url, 'SELECT count(*)::int AS plans FROM subscriptions'), [{ plans: 3 }]);
  await mine?.stop();
});

t.test('a process id that somebody else has now does not block the start', async (t) => {
  const DATA_DIR = dataFolder(t);
  const dataDir = join(DATA_DIR, 'postgres');
  const first = await openDatabase({ ...config, DATA_DIR }, silent);
  const left = readFileSync(join(dataDir, 'postmaster.pid'), 'utf8');
  await first.stop();
  // As a container has it that was killed and started again: this process has the number.
  writeFileSync(join(dataDir, 'postmaster.pid'), left.replace(/^\d+/, String(process.pid)), { mode: 0o644 });
  const second = await openDatabase({ ...config, DATA_DIR }, silent);
  t.same(await query(second.url, 'SELECT count(*)::int AS plans FROM subscriptions'), [{ plans: 3 }]);
  await second.stop();
});

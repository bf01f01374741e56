// `npm run db:setup` is for machines without psql: the same tables and plans, and a message when it cannot.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { packageRoot } from '../../../src/core/paths.ts';
import { testDatabase, testServer } from '../../fixtures/database.ts';

const run = promisify(execFile);
const setUp = (environment: Record<string, string>) =>
  run(process.execPath, [join(packageRoot, 'dist/setup.js')], {
    // Not where somebody may have a .env.
    cwd: '/',
    env: { PATH: process.env.PATH, ...environment },
  });

t.test('makes tables and plans, twice', async (t) => {
  const db = await testDatabase(t, { empty: true });
  for (const time of ['first', 'second']) {
    t.match(
      await setUp({ DATABASE_URL: db.url }),
      { stdout: /^Tables and seed plans are in place/, stderr: '' },
      time,
    );
    t.same(await db.query('SELECT count(*)::int AS items FROM quota_items'), [{ items: 12 }]);
  }
});

t.test('without DATABASE_URL it says that there is nothing to do', async (t) => {
  await t.rejects(setUp({}), { code: 1, stderr: /^DATABASE_URL is not set/ });
});

t.test('a bad setting or a wrong password: a message, not a stack', async (t) => {
  await t.rejects(setUp({ DATABASE_URL: 'mysql://x' }), {
    code: 1,
    stderr: /^Bad settings:\n {2}DATABASE_URL/,
  });
  const server = await testServer();
  const url = server.url('postgres').replace(/:[0-9a-f]+@/, ':wrong@');
  await t.rejects(setUp({ DATABASE_URL: url }), { code: 1, stderr: /^Cannot use the database.*\n$/ });
});

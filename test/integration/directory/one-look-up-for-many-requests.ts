// A hundred requests with a token that nobody has seen yet cost one query, and those that follow cost none. The same
// goes for a token that does not exist.
import { isDeepStrictEqual } from 'node:util';
import t from 'tap';
import { PostgresDirectory } from '../../../src/core/directory/postgres.ts';
import { config, testDatabase } from '../../fixtures/database.ts';
import { testPool } from '../../fixtures/pool.ts';
import { addUser, digestOf } from '../../fixtures/users.ts';

t.test('a token that exists, and its plan', async (t) => {
  const database = await testDatabase(t);
  const digest = await addUser(database, 'alice');
  const { pool, queries } = testPool(t, database);
  const directory = new PostgresDirectory(config, pool);

  const users = await Promise.all(Array.from({ length: 100 }, () => directory.findUser(digest)));
  const user = directory.findUser(digest);
  t.match(user, { active: true, expiresAt: Number.POSITIVE_INFINITY });
  t.ok(users.every((found) => isDeepStrictEqual(found, user)));
  t.same(queries, ['directory_users']);

  const subId = users[0]?.subId ?? 0;
  await Promise.all(Array.from({ length: 100 }, () => directory.findPlan(subId)));
  t.match(directory.findPlan(subId), { name: 'cursor-pro-auto' });
  t.same(queries, ['directory_users', 'directory_plan']);
  t.same(directory.stats, {
    users: { hits: 1, misses: 100, refusals: 0 },
    plans: { hits: 1, misses: 100, refusals: 0 },
  });
});

t.test('a token that does not exist', async (t) => {
  const { pool, queries } = testPool(t, await testDatabase(t));
  const directory = new PostgresDirectory(config, pool);
  const digest = digestOf('apk_nobody');
  const users = await Promise.all(Array.from({ length: 100 }, () => directory.findUser(digest)));
  t.same(new Set(users), new Set([null]));
  t.equal(directory.findUser(digest), null);
  t.same(queries, ['directory_users']);
});

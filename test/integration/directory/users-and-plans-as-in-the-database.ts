// What the directory says is what the tables say, and after a change it says the new thing.
import t, { type Test } from 'tap';
import { PostgresDirectory } from '../../../src/core/directory/postgres.ts';
import { config, testDatabase } from '../../fixtures/database.ts';
import { testPool } from '../../fixtures/pool.ts';
import { addUser } from '../../fixtures/users.ts';

async function setUp(t: Test) {
  const database = await testDatabase(t);
  const { pool } = testPool(t, database);
  const directory = new PostgresDirectory(config, pool);
  const planId = async (name: string) =>
    (
      await database.query<{ sub_id: number }>('SELECT sub_id FROM subscriptions WHERE sub_name = $1', [name])
    )[0]!.sub_id;
  return { database, directory, planId };
}

t.test('a plan has its items in order', async (t) => {
  const { database, directory } = await setUp(t);
  await database.query(`INSERT INTO subscriptions (sub_id, sub_name) VALUES (900, 'mine')`);
  await database.query(
    `INSERT INTO quota_items (quota_id, sub_id, llm_model_id, percentage_weight)
     SELECT quota_id, 900, llm_model_id, weight
     FROM (VALUES (903, 'gpt-5-mini', 30), (901, 'gemini-3-flash', 70), (902, 'claude-sonnet-4.5', 5))
       AS item (quota_id, model_name, weight)
     JOIN llm_models USING (model_name)`,
  );
  t.match(await directory.findPlan(900), {
    subId: 900,
    name: 'mine',
    items: [
      { quotaId: 901, model: 'gemini-3-flash', upstream: 'antigravity', weight: 70 },
      { quotaId: 902, model: 'claude-sonnet-4.5', upstream: 'ghcp', weight: 5 },
      { quotaId: 903, model: 'gpt-5-mini', upstream: 'ghcp', weight: 30 },
    ],
  });
});

t.test('a plan may be empty, or not be there', async (t) => {
  const { database, directory } = await setUp(t);
  await database.query(`INSERT INTO subscriptions (sub_id, sub_name) VALUES (900, 'empty')`);
  t.match(await directory.findPlan(900), { name: 'empty', items: [] });
  t.equal(await directory.findPlan(901), null);
});

t.test('what a plan charges, and whether it waits for the true count, may change at any time', async (t) => {
  const { database, directory, planId } = await setUp(t);
  const subId = await planId('cursor-pro-auto');
  t.match(await directory.findPlan(subId), { countBasis: 'reported', drainMs: 0 }, 'by default');
  for (const [basis, seconds] of [
    ['observed', 30],
    ['delivered', 600],
    ['reported', 0],
  ] as const) {
    await database.query('UPDATE subscriptions SET count_basis = $2, drain_seconds = $3 WHERE sub_id = $1', [
      subId,
      basis,
      seconds,
    ]);
    directory.apply([{ kind: 'plan', key: subId }]);
    t.match(await directory.findPlan(subId), { countBasis: basis, drainMs: seconds * 1000 });
  }
  for (const wrong of [
    `count_basis = 'guessed'`,
    'count_basis = NULL',
    'drain_seconds = -1',
    'drain_seconds = 601',
  ])
    await t.rejects(database.query(`UPDATE subscriptions SET ${wrong}`), { code: /^235?/ }, wrong);
});

t.test('a plan that changed is read again when it is named', async (t) => {
  const { database, directory, planId } = await setUp(t);
  const subId = await planId('cursor-pro-auto');
  const before = await directory.findPlan(subId);
  await database.query('DELETE FROM quota_items WHERE sub_id = $1', [subId]);
  t.equal(directory.findPlan(subId), before);
  directory.apply([{ kind: 'plan', key: subId + 1 }]);
  t.equal(directory.findPlan(subId), before);
  directory.apply([{ kind: 'plan', key: subId }]);
  t.match(await directory.findPlan(subId), { items: [] });
});

t.test('a user has a plan or none, is active or not, and may expire', async (t) => {
  const { database, directory, planId } = await setUp(t);
  const digest = await addUser(database, 'alice');
  t.match(await directory.findUser(digest), { subId: await planId('cursor-pro-auto') });
  await database.query(
    `UPDATE users SET sub_id = NULL, active = false, expires_at = '2030-01-02T03:04:05.678Z'`,
  );
  directory.apply([{ kind: 'user', key: digest }]);
  const user = await directory.findUser(digest);
  t.match(user, { subId: null, active: false, expiresAt: Date.UTC(2030, 0, 2, 3, 4, 5, 678) });
  t.type(user?.userId, 'number');
});

t.test('a token that was refused works as soon as it is named', async (t) => {
  const { database, directory } = await setUp(t);
  const digest = await addUser(database, 'alice');
  await database.query('DELETE FROM users');
  t.equal(await directory.findUser(digest), null);
  t.equal(await addUser(database, 'alice'), digest);
  t.equal(directory.findUser(digest), null);
  directory.apply([{ kind: 'user', key: digest }]);
  t.match(await directory.findUser(digest), { active: true });
});

t.test('null names all of a kind', async (t) => {
  const { database, directory, planId } = await setUp(t);
  const subId = await planId('cursor-pro-auto');
  const digests = [await addUser(database, 'alice'), await addUser(database, 'bob')];
  for (const digest of digests) await directory.findUser(digest);
  const plan = await directory.findPlan(subId);
  await database.query('UPDATE users SET active = false');
  directory.apply([{ kind: 'user', key: null }]);
  for (const digest of digests) t.match(await directory.findUser(digest), { active: false });
  t.equal(directory.findPlan(subId), plan);
  directory.apply([{ kind: 'plan', key: null }]);
  t.not(await directory.findPlan(subId), plan);
});

// Whatever changes what a gateway may have in a cache is told on the channel apipod_changes, and bulk changes as one.
import { createHash } from 'node:crypto';
import pg from 'pg';
import t, { type Test } from 'tap';
import { testDatabase } from '../../fixtures/database.ts';

const digest = (token: string) => createHash('sha256').update(token).digest('hex');
const user = (token: string) => ({ kind: 'user', key: digest(token) });
const plan = (key: number | null) => ({ kind: 'plan', key });
const EVERY_USER = { kind: 'user', key: null };

async function listen(t: Test) {
  const db = await testDatabase(t);
  const client = new pg.Client({ connectionString: db.url });
  await client.connect();
  t.teardown(() => client.end());
  const heard: { kind: string; key: unknown }[] = [];
  client.on('notification', ({ payload }) => heard.push(JSON.parse(payload!)));
  await client.query('LISTEN apipod_changes');
  /** What a statement notifies of, in a settled order. A session hears of its own before its query is done. */
  const after = async (text: string, values: readonly unknown[] = []) => {
    heard.length = 0;
    await client.query(text, [...values]);
    return heard.toSorted((a, b) => `${a.kind} ${a.key}`.localeCompare(`${b.kind} ${b.key}`));
  };
  return { after };
}

const ADD_USERS = `INSERT INTO users (username, apitoken) SELECT 'user', 'token ' || n FROM generate_series(1, $1) AS n`;

t.test('users', async (t) => {
  const { after } = await listen(t);
  t.same(await after(`INSERT INTO users (username, apitoken) VALUES ('alice', 'a')`), [user('a')]);
  t.same(await after(`UPDATE users SET active = false`), [user('a')]);
  t.same((await after(`UPDATE users SET apitoken = 'b'`)).length, 2, 'the old token and the new one');
  t.same(await after(`UPDATE users SET active = true WHERE username = 'nobody'`), []);
  t.same(await after(`DELETE FROM users`), [user('b')]);
});

t.test('a hundred users one by one, more of them as all', async (t) => {
  const { after } = await listen(t);
  t.same((await after(ADD_USERS, [100])).length, 100);
  t.same((await after('UPDATE users SET active = false')).length, 100);
  await after('DELETE FROM users');
  t.same(await after(ADD_USERS, [101]), [EVERY_USER]);
  t.same(await after('UPDATE users SET active = false'), [EVERY_USER]);
  t.same(await after('DELETE FROM users'), [EVERY_USER]);
  t.same(await after('TRUNCATE users'), [EVERY_USER]);
});

t.test('plans and their items', async (t) => {
  const { after } = await listen(t);
  t.same(await after(`INSERT INTO subscriptions (sub_name) VALUES ('mine')`), [plan(4)]);
  t.same(await after(`UPDATE subscriptions SET count_basis = 'observed' WHERE sub_id = 4`), [plan(4)]);
  t.same(await after('UPDATE subscriptions SET drain_seconds = 30 WHERE sub_id = 4'), [plan(4)]);
  t.same(await after('INSERT INTO quota_items (sub_id, llm_model_id, percentage_weight) VALUES (4, 1, 5)'), [
    plan(4),
  ]);
  t.same(await after('UPDATE quota_items SET percentage_weight = 1 WHERE sub_id IN (1, 2)'), [
    plan(1),
    plan(2),
  ]);
  t.same(await after('UPDATE quota_items SET sub_id = 1, llm_model_id = 3 WHERE sub_id = 4'), [
    plan(1),
    plan(4),
  ]);
  t.same(await after('DELETE FROM quota_items WHERE sub_id = 1'), [plan(1)]);
  t.same(await after(`UPDATE subscriptions SET sub_name = 'yours' WHERE sub_id = 4`), [plan(4)]);
  t.same(await after('TRUNCATE quota_items'), [plan(null)]);
});

t.test('a plan that goes takes its items along and leaves its users without one', async (t) => {
  const { after } = await listen(t);
  await after(`INSERT INTO users (username, apitoken, sub_id) VALUES ('alice', 'a', 1)`);
  t.same(await after('DELETE FROM subscriptions WHERE sub_id = 1'), [plan(1), user('a')]);
});

t.test('models: the plans that hold one', async (t) => {
  const { after } = await listen(t);
  const model = `model_name = 'claude-sonnet-4.5'`;
  t.same(await after(`UPDATE llm_models SET upstream = 'other' WHERE ${model}`), [plan(2), plan(3)]);
  t.same(await after(`INSERT INTO llm_models (model_name, upstream) VALUES ('new', 'ghcp')`), []);
  t.same(await after(`UPDATE llm_models SET upstream = 'other' WHERE model_name = 'new'`), []);
  t.same(await after(`DELETE FROM llm_models WHERE ${model}`), [plan(2), plan(3)]);
  t.same(await after('TRUNCATE llm_models CASCADE'), [plan(null)]);
});

t.test('many plans as all', async (t) => {
  const { after } = await listen(t);
  const add = `INSERT INTO subscriptions (sub_name) SELECT 'plan ' || n FROM generate_series(1, 101) AS n`;
  t.same(await after(add), [plan(null)]);
});

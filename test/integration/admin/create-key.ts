// POST /admin/create-key makes a key that is shown once and stored as a digest, or says which field is wrong.
import { createHash } from 'node:crypto';
import t from 'tap';
import { adminGateway } from '../../fixtures/admin.ts';
import { testDatabase } from '../../fixtures/database.ts';

const PLAN = 'cursor-pro-sonnet';

t.test('a key with an expiry', async (t) => {
  const database = await testDatabase(t);
  const { request } = await adminGateway(t, database);
  const response = await request('POST', '/admin/create-key', {
    name: 'alice',
    sub_name: PLAN,
    expires_in: 30,
  });
  t.equal(response.status, 201);
  const key = (await response.json()) as Record<string, string>;
  t.same(Object.keys(key).sort(), ['api_token', 'created_at', 'expires_at', 'name', 'sub_name']);
  t.match(key.api_token, /^apk_[\w-]{43}$/);
  t.equal(key.name, 'alice');
  t.equal(key.sub_name, PLAN);
  t.equal(Date.parse(key.expires_at!) - Date.parse(key.created_at!), 30 * 86_400_000);

  const rows = await database.query('SELECT * FROM users JOIN subscriptions USING (sub_id)');
  t.equal(rows.length, 1);
  t.match(rows[0], {
    username: 'alice',
    sub_name: PLAN,
    active: true,
    apitoken: createHash('sha256').update(key.api_token!).digest('hex'),
    token_hint: key.api_token!.slice(0, 8),
  });
});

t.test('a key without an expiry; one name may have many', async (t) => {
  const database = await testDatabase(t);
  const { request } = await adminGateway(t, database);
  const tokens = new Set<string>();
  for (let i = 0; i < 2; i++) {
    const response = await request('POST', '/admin/create-key', { name: 'bob', sub_name: PLAN });
    t.equal(response.status, 201);
    const key = (await response.json()) as { api_token: string; expires_at: null };
    t.equal(key.expires_at, null);
    tokens.add(key.api_token);
  }
  t.equal(tokens.size, 2);
});

t.test('what is wrong is named, and nothing is stored', async (t) => {
  const database = await testDatabase(t);
  const { request } = await adminGateway(t, database);
  for (const [body, param] of [
    [{ sub_name: PLAN }, 'name'],
    [{ name: 'alice' }, 'sub_name'],
    [{ name: 'alice', sub_name: 'no such plan' }, 'sub_name'],
    [{ name: 'alice', sub_name: PLAN, expires_in: -1 }, 'expires_in'],
    [{ name: 'alice', sub_name: PLAN, plan: 1 }, 'plan'],
    ['{"name": "alice"', null],
  ] as const) {
    const response = await request('POST', '/admin/create-key', body);
    t.equal(response.status, 400);
    const { error } = (await response.json()) as { error: { message: string; param: string | null } };
    t.equal(error.param, param);
    t.match(error.message, param ?? 'JSON');
  }
  t.same(await database.query('SELECT * FROM users'), []);
});

t.test('a database that is away is a 503 without details', async (t) => {
  const database = await testDatabase(t);
  const { request } = await adminGateway(t, database);
  await database.server.stop();
  const response = await request('POST', '/admin/create-key', { name: 'alice', sub_name: PLAN });
  t.equal(response.status, 503);
  t.notMatch(await response.text(), 'ECONNREFUSED');
  await database.server.start();
  t.equal((await request('POST', '/admin/create-key', { name: 'alice', sub_name: PLAN })).status, 201);
});

// Keys can be listed page by page, moved to another plan, and revoked; tokens and digests never come out.
import t from 'tap';
import { adminGateway } from '../../fixtures/admin.ts';
import { testDatabase } from '../../fixtures/database.ts';

interface Key {
  readonly id: number;
  readonly name: string;
  readonly token_hint: string;
  readonly sub_name: string | null;
  readonly active: boolean;
  readonly created_at: string;
  readonly expires_at: string | null;
}

async function setup(t: Tap, names: readonly string[]) {
  const database = await testDatabase(t);
  const gateway = await adminGateway(t, database);
  const keys: string[] = [];
  for (const name of names) {
    const body = { name, sub_name: 'cursor-pro-auto', expires_in: 1 };
    const response = await gateway.request('POST', '/admin/create-key', body);
    keys.push(((await response.json()) as { api_token: string }).api_token);
  }
  const list = async (query = '') =>
    (await (await gateway.request('GET', `/admin/keys${query}`)).json()) as {
      keys: Key[];
      next: number | null;
    };
  return { ...gateway, database, tokens: keys, list };
}
type Tap = Parameters<typeof testDatabase>[0];

t.test('a list shows all but the tokens', async (t) => {
  const { list, tokens, database } = await setup(t, ['alice']);
  await database.query(`INSERT INTO users (username, apitoken) VALUES ('by psql', 'apk_inserted by hand')`);
  const { keys, next } = await list();
  t.equal(next, null);
  t.match(keys, [
    {
      name: 'alice',
      token_hint: tokens[0]!.slice(0, 8),
      sub_name: 'cursor-pro-auto',
      active: true,
      created_at: /^\d{4}-.*Z$/,
      expires_at: /^\d{4}-.*Z$/,
    },
    { name: 'by psql', sub_name: null, active: true, expires_at: null },
  ]);
  const text = JSON.stringify(keys);
  const [{ apitoken }] = (await database.query('SELECT apitoken FROM users')) as [{ apitoken: string }];
  t.notMatch(text, apitoken);
  t.notMatch(text, tokens[0]!.slice(4));
});

t.test('a list comes in pages', async (t) => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  const { list } = await setup(t, names);
  const seen: string[] = [];
  let pages = 0;
  for (let after: number | null = 0; after !== null; pages++) {
    const page = await list(`?limit=2&after=${after}`);
    t.ok(page.keys.length <= 2);
    seen.push(...page.keys.map(({ name }) => name));
    after = page.next;
  }
  t.same(seen, names);
  t.equal(pages, 3);
});

t.test('a key changes its plan, its expiry and whether it is active', async (t) => {
  const { list, request } = await setup(t, ['alice', 'bob']);
  const [alice, bob] = (await list()).keys as [Key, Key];
  const change = async (body: unknown) => {
    const response = await request('PATCH', `/admin/keys/${alice.id}`, body);
    t.equal(response.status, 200);
    return (await response.json()) as Key;
  };
  t.same(await change({ sub_name: 'cursor-pro-opus' }), { ...alice, sub_name: 'cursor-pro-opus' });
  t.same(await change({ expires_in: null }), { ...alice, sub_name: 'cursor-pro-opus', expires_at: null });
  t.match(await change({ active: false, expires_in: 2 }), { active: false, expires_at: /Z$/ });
  t.match(await change({ active: true }), { active: true, sub_name: 'cursor-pro-opus', expires_at: /Z$/ });
  t.same((await list()).keys[1], bob, 'the other one is as it was');
});

t.test('a revoked key is not active; revoking twice is the same', async (t) => {
  const { list, request } = await setup(t, ['alice', 'bob']);
  const [alice] = (await list()).keys as [Key];
  for (let i = 0; i < 2; i++) {
    const response = await request('DELETE', `/admin/keys/${alice.id}`);
    t.equal(response.status, 200);
    t.same(await response.json(), { ...alice, active: false });
  }
  t.same(
    (await list()).keys.map(({ active }) => active),
    [false, true],
  );
});

t.test('what cannot be is refused', async (t) => {
  const { list, request } = await setup(t, ['alice']);
  const { id } = (await list()).keys[0]!;
  for (const [method, path, body, status] of [
    ['PATCH', `/admin/keys/${id}`, { sub_name: 'no such plan' }, 400],
    ['PATCH', `/admin/keys/${id}`, { name: 'mallory' }, 400],
    ['PATCH', `/admin/keys/${id}`, {}, 400],
    ['PATCH', '/admin/keys/999', { active: true }, 404],
    ['PATCH', '/admin/keys/99999999999999', { active: true }, 404],
    ['DELETE', '/admin/keys/999', undefined, 404],
    ['DELETE', '/admin/keys/1%20OR%201=1', undefined, 404],
    ['DELETE', `/admin/keys/${id}/x`, undefined, 404],
    ['GET', '/admin/keys?limit=0', undefined, 400],
    ['GET', `/admin/keys/${id}`, undefined, 405],
  ] as const) {
    t.equal((await request(method, path, body)).status, status, `${method} ${path}`);
  }
  t.match((await list()).keys, [{ name: 'alice', active: true, sub_name: 'cursor-pro-auto' }]);
});

// Nobody gets into /admin without the secret, and nobody without it makes the gateway read a body.

import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { adminRoutes } from '../../../src/admin/routes.ts';
import { adminGateway, SECRET } from '../../fixtures/admin.ts';
import { testDatabase } from '../../fixtures/database.ts';
import { config } from '../../fixtures/settings.ts';

const ROUTES = [
  ['POST', '/admin/create-key'],
  ['GET', '/admin/keys'],
  ['PATCH', '/admin/keys/1'],
  ['DELETE', '/admin/keys/1'],
  ['GET', '/admin/usage'],
] as const;

t.test('a wrong or missing secret is a 403 on every route', async (t) => {
  const { url } = await adminGateway(t, await testDatabase(t));
  for (const [method, path] of ROUTES) {
    for (const secret of [undefined, '', SECRET.slice(0, -1), `${SECRET}x`, SECRET.toUpperCase()]) {
      const headers: Record<string, string> = secret === undefined ? {} : { 'x-admin-secret': secret };
      const response = await fetch(url + path, { method, headers });
      t.equal(response.status, 403, `${method} ${path} with ${secret}`);
      t.match(await response.json(), { error: { code: 'wrong_admin_secret' } });
    }
  }
});

t.test('the answer does not wait for the body', async (t) => {
  const { port } = await adminGateway(t, await testDatabase(t));
  const socket = connect(port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  socket.write('POST /admin/create-key HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n');
  const [head] = (await once(socket, 'data')) as [Buffer];
  t.match(head.toString(), /^HTTP\/1\.1 403 /);
});

t.test('a body beyond the maximum is refused even with the secret', async (t) => {
  const { request } = await adminGateway(t, await testDatabase(t));
  const response = await request('POST', '/admin/create-key', { name: 'x'.repeat(20_000), sub_name: 'y' });
  t.equal(response.status, 413);
});

t.test('without a secret in the settings there are no routes', async (t) => {
  const exports = { databaseUrl: '', databaseSettings: config, clientStallTimeoutMs: 1 };
  const database = { query: () => Promise.reject(new Error('not to be asked')) };
  const reconcile = { databaseUrl: '', databaseSettings: config, dataDir: '', scrape: async () => undefined };
  t.same(adminRoutes({ secret: undefined, database, exports, reconcile, onDone: undefined }), []);
});

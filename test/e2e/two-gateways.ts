// Two gateways side by side: with a database each they know nothing of each other, with a shared one they are one.
import t from 'tap';
import { MODEL_ON, startGateway, startUpstreams } from '../fixtures/gateway.ts';
import { poll } from '../fixtures/poll.ts';
import { asking } from '../fixtures/sdk.ts';

const upstreams = await startUpstreams(t);
const REQUEST = { model: MODEL_ON.ghcp, messages: asking({ text: 'ok' }) };
const PATH = '/v1/chat/completions';

t.test('a database each', async (t) => {
  const gateways = await Promise.all([startGateway(t, { upstreams }), startGateway(t, { upstreams })]);
  for (const [i, gateway] of gateways.entries()) {
    const other = gateways[1 - i]!;
    const token = await gateway.createKey('cursor-pro-auto');
    t.equal((await gateway.post(PATH, token, REQUEST)).status, 200);
    t.equal((await other.post(PATH, token, REQUEST)).status, 401);
    await gateway.rows(1);
  }
});

t.test('one database for both', async (t) => {
  const one = await startGateway(t, { upstreams, env: { CACHE_TTL_MS: '86400000' } });
  const { database } = one;
  const two = await startGateway(t, { upstreams, database, env: { CACHE_TTL_MS: '86400000' } });
  const token = await one.createKey('cursor-pro-auto');
  t.equal((await one.post(PATH, token, REQUEST)).status, 200);
  t.equal((await two.post(PATH, token, REQUEST)).status, 200);
  await one.rows(2);
  const [key] = await database.query<{ user_id: number }>('SELECT user_id FROM users');
  t.equal((await one.admin('DELETE', `/admin/keys/${key!.user_id}`)).status, 200);
  for (const gateway of [one, two]) {
    await poll('the key to be revoked', async () =>
      (await gateway.post(PATH, token, REQUEST)).status === 401 ? true : undefined,
    );
  }
});

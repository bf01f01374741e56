// What an operator changes in the database with psql takes effect on every worker, without a restart.
import t, { type Test } from 'tap';
import { startGateway } from '../fixtures/gateway.ts';
import { poll } from '../fixtures/poll.ts';
import { asking } from '../fixtures/sdk.ts';
import { openGet } from '../fixtures/stream.ts';

// Within the time of this test, nothing in the caches gets old by itself.
const gateway = await startGateway(t, {
  env: { WORKERS: '3', CACHE_TTL_MS: '86400000', CACHE_REFUSAL_TTL_MS: '86400000' },
});
const { database, upstreams } = gateway;
/** As many new connections reach every worker: the chance that one is left out is 3 * (2/3)^40, or 1 in 3 million. */
const CONNECTIONS = 40;

/** The statuses that the workers answer with, each asked on connections of its own. */
async function statuses(token: string, path = '/v1/models'): Promise<Set<number>> {
  const answers = Array.from({ length: CONNECTIONS }, async () => {
    const { status } = await lonely(path, token);
    return status;
  });
  return new Set(await Promise.all(answers));
}

/** One request on a connection of its own. */
async function lonely(path: string, token: string): Promise<{ status: number; body: string }> {
  const reading = await openGet(gateway.url + path, token);
  await reading.ended;
  return { status: reading.response.statusCode!, body: reading.text };
}

async function everywhere(t: Test, token: string, status: number, message: string): Promise<void> {
  await poll(message, async () => {
    const found = await statuses(token);
    return found.size === 1 && found.has(status) ? true : undefined;
  });
  t.pass(message);
}

t.test('a key is revoked and given back', async (t) => {
  const token = await gateway.createKey('cursor-pro-auto', 'revoked');
  t.strictSame(await statuses(token), new Set([200]), 'known to every worker');
  await database.query("UPDATE users SET active = false WHERE username = 'revoked'");
  await everywhere(t, token, 401, 'revoked');
  await database.query("UPDATE users SET active = true WHERE username = 'revoked'");
  await everywhere(t, token, 200, 'given back');
  await database.query("DELETE FROM users WHERE username = 'revoked'");
  await everywhere(t, token, 401, 'deleted');
});

t.test('a refused token becomes known', async (t) => {
  const token = 'apk_made_by_hand_with_psql_0001';
  t.strictSame(await statuses(token), new Set([401]), 'refused by every worker');
  await database.query(
    "INSERT INTO users (username, apitoken, sub_id) SELECT 'by hand', $1, sub_id FROM subscriptions LIMIT 1",
    [token],
  );
  await everywhere(t, token, 200, 'known');
  const [stored] = await database.query("SELECT apitoken FROM users WHERE username = 'by hand'");
  t.match(stored, { apitoken: /^[0-9a-f]{64}$/ }, 'and stored as a digest');
});

t.test('a key expires while it is remembered', async (t) => {
  const token = await gateway.createKey('cursor-pro-auto', 'expiring');
  t.strictSame(await statuses(token), new Set([200]));
  // In the past as soon as the workers hear of it: the expiry, not the notification, turns the token away.
  await database.query("UPDATE users SET expires_at = now() + interval '300 ms' WHERE username = 'expiring'");
  await everywhere(t, token, 401, 'expired');
});

t.test('a user without a plan, and a plan without items', async (t) => {
  const token = await gateway.createKey('cursor-pro-auto', 'moving');
  t.strictSame(await statuses(token), new Set([200]));
  await database.query("UPDATE users SET sub_id = NULL WHERE username = 'moving'");
  await everywhere(t, token, 403, 'no plan');
  const [empty] = await database.query<{ sub_id: number }>(
    "INSERT INTO subscriptions (sub_name) VALUES ('empty') RETURNING sub_id",
  );
  await database.query("UPDATE users SET sub_id = $1 WHERE username = 'moving'", [empty!.sub_id]);
  await everywhere(t, token, 403, 'a plan without items');
  await database.query(
    "INSERT INTO quota_items (sub_id, llm_model_id, percentage_weight) SELECT $1, llm_model_id, 1 FROM llm_models WHERE model_name = 'gpt-5-mini'",
    [empty!.sub_id],
  );
  await everywhere(t, token, 200, 'a plan with an item');
});

t.test('the weights of a plan', async (t) => {
  const token = await gateway.createKey('cursor-pro-opus');
  const books = [upstreams.antigravity.books, upstreams.ghcp.books];
  const routed = async () => {
    for (const book of books) book.reset();
    const request = { model: 'auto', messages: asking({ text: 'ok' }) };
    const headers = { connection: 'close' };
    const ask = async () => (await gateway.post('/v1/chat/completions', token, request, headers)).text();
    await Promise.all(Array.from({ length: CONNECTIONS }, ask));
    return new Set(books.flatMap(({ entries }) => entries.map(({ model }) => model!)));
  };
  t.ok((await routed()).size > 1);
  await database.query(
    `UPDATE quota_items SET percentage_weight = 1000000000 FROM llm_models
     WHERE llm_models.llm_model_id = quota_items.llm_model_id AND model_name = 'gpt-5-mini'`,
  );
  await poll('the new weights', async () => {
    const models = await routed();
    return models.size === 1 && models.has('gpt-5-mini') ? true : undefined;
  });
  await database.query(
    `DELETE FROM quota_items USING llm_models, subscriptions
     WHERE llm_models.llm_model_id = quota_items.llm_model_id AND model_name = 'gpt-5-mini'
       AND subscriptions.sub_id = quota_items.sub_id AND sub_name = 'cursor-pro-opus'`,
  );
  await poll('the item to be gone', async () => ((await routed()).has('gpt-5-mini') ? undefined : true));
  await database.query(
    "UPDATE llm_models SET model_name = 'claude-6' WHERE model_name = 'claude-sonnet-4.5'",
  );
  await poll('the new name', async () => {
    const { body } = await lonely('/v1/models', token);
    return body.includes('claude-6') && !body.includes('gpt-5-mini') ? true : undefined;
  });
});

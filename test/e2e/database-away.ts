// The database is away for a while: who is known goes on, who is not is asked to wait, and afterwards every row is
// there, once.
import t from 'tap';
import { MODEL_ON, startGateway } from '../fixtures/gateway.ts';
import { poll } from '../fixtures/poll.ts';
import { asking } from '../fixtures/sdk.ts';

const REQUESTS = 30;

const gateway = await startGateway(t, {
  env: { CACHE_TTL_MS: '50', DATABASE_CONNECT_TIMEOUT_MS: '500', DATABASE_QUERY_TIMEOUT_MS: '500' },
});
const { server } = gateway.database;
const token = await gateway.createKey('cursor-pro-sonnet');

async function ask(key: string): Promise<Response> {
  const response = await gateway.post('/v1/chat/completions', key, {
    model: MODEL_ON.ghcp,
    messages: asking({ text: 'ok' }),
  });
  await response.arrayBuffer();
  return response;
}

async function many(): Promise<Set<number>> {
  const answers = await Promise.all(Array.from({ length: REQUESTS }, () => ask(token)));
  return new Set(answers.map(({ status }) => status));
}

let rowsBefore = 0;

for (const [name, leave, back] of [
  ['stopped', () => server.stop(), () => server.start()],
  ['frozen', () => server.freeze(), () => server.thaw()],
] as const) {
  t.test(name, async (t) => {
    const stranger = `apk_a_stranger_while_it_is_${name}`;
    t.strictSame(await many(), new Set([200]));
    rowsBefore += REQUESTS;
    await gateway.rows(rowsBefore);

    await leave();
    t.strictSame(await many(), new Set([200]), 'a known token goes on');
    const refusal = await ask(stranger);
    t.equal(refusal.status, 503, 'an unknown one is not turned away for good');
    t.equal((await fetch(`${gateway.url}/readyz`)).status, 200, 'the node stays in service');
    await back();

    rowsBefore += REQUESTS;
    const rows = await gateway.rows(rowsBefore);
    t.equal(new Set(rows.map(({ request_id }) => request_id)).size, rows.length, 'each row once');
    await poll('strangers to be turned away again', async () =>
      (await ask(stranger)).status === 401 ? true : undefined,
    );
  });
}

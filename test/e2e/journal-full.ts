// The database takes no rows for so long that the journals are full. What becomes of new requests is up to JOURNAL_FULL;
// what was taken on is booked, once, as soon as there is room.
import pg from 'pg';
import t, { type Test } from 'tap';
import { type Gateway, MODEL_ON, startGateway } from '../fixtures/gateway.ts';
import { poll } from '../fixtures/poll.ts';
import { asking } from '../fixtures/sdk.ts';

/** A row takes some 500 bytes of a journal; the bound is 1 MiB. */
const REQUESTS_MAX = 20_000;
const AT_ONCE = 32;

async function begin(t: Test, full: 'refuse' | 'serve') {
  const gateway = await startGateway(t, {
    env: {
      JOURNAL_FULL: full,
      JOURNAL_BYTES_MAX: '1048576',
      JOURNAL_SEGMENT_BYTES: '65536',
      DATABASE_QUERY_TIMEOUT_MS: '500',
      CACHE_TTL_MS: '600000',
    },
  });
  const token = await gateway.createKey('cursor-pro-sonnet');
  const ask = async (): Promise<number> => {
    const response = await gateway.post('/v1/chat/completions', token, {
      model: MODEL_ON.ghcp,
      messages: asking({ text: 'ok' }),
    });
    const text = await response.text();
    if (response.status === 503) t.match(text, /ledger_full/);
    return response.status;
  };
  const lock = new pg.Client({ connectionString: gateway.database.url });
  await lock.connect();
  t.teardown(() => lock.end());
  await lock.query('BEGIN; LOCK TABLE usage_logs IN ACCESS EXCLUSIVE MODE');
  return { gateway, ask, unlock: () => lock.query('ROLLBACK') };
}

/** Asks until somebody says that it is enough. @returns how many answers there were of each status */
async function many(ask: () => Promise<number>, enough: () => boolean): Promise<Map<number, number>> {
  const statuses = new Map<number, number>();
  let asked = 0;
  const one = async (): Promise<void> => {
    while (!enough() && asked++ < REQUESTS_MAX) {
      const status = await ask();
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
  return statuses;
}

const readiness = async ({ url }: Gateway) => {
  const response = await fetch(`${url}/readyz`);
  return { status: response.status, text: await response.text() };
};

const counted = async ({ database }: Gateway): Promise<{ rows: number; ids: number }> => {
  const [row] = await database.query<{ rows: number; ids: number }>(
    'SELECT count(*)::int AS rows, count(DISTINCT request_id)::int AS ids FROM usage_logs',
  );
  return row!;
};

/** Of all workers. */
async function unjournaled({ url }: Gateway): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return Number(/^apipod_usage_unjournaled_total (\d+)$/m.exec(metrics)?.[1] ?? 0);
}

t.test('refuse', async (t) => {
  const { gateway, ask, unlock } = await begin(t, 'refuse');
  let completed = 0;
  let refused = 0;
  const askAndCount = async (): Promise<number> => {
    const status = await ask();
    if (status === 200) completed++;
    if (status === 503) refused++;
    return status;
  };
  const statuses = await many(askAndCount, () => refused >= AT_ONCE);
  t.same(new Set(statuses.keys()), new Set([200, 503]));
  await poll('all workers to refuse', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => readiness(gateway)));
    return answers.every(({ status, text }) => status === 503 && text.includes('journal full')) || undefined;
  });
  const before = completed;
  t.same(new Set((await many(askAndCount, () => refused >= 3 * AT_ONCE)).keys()), new Set([503]));
  t.equal(completed, before);

  await unlock();
  await poll('all workers to serve', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => readiness(gateway)));
    return answers.every(({ status }) => status === 200) || undefined;
  });
  const end = completed + 100;
  t.same(new Set((await many(askAndCount, () => completed >= end)).keys()), new Set([200]));
  await poll('every row', async () => ((await counted(gateway)).rows >= completed ? true : undefined));
  t.same(await counted(gateway), { rows: completed, ids: completed });
});

t.test('serve', async (t) => {
  const { gateway, ask, unlock } = await begin(t, 'serve');
  let lost = 0;
  const watch = setInterval(async () => {
    lost = await unjournaled(gateway);
  }, 100);
  const statuses = await many(ask, () => lost > 200);
  clearInterval(watch);
  t.same([...statuses.keys()], [200], 'as if nothing were');
  t.equal((await readiness(gateway)).status, 200);
  t.ok(lost > 200, 'it was full');

  await unlock();
  const requests = statuses.get(200)!;
  const booked = () => Promise.all([counted(gateway), unjournaled(gateway)]);
  await poll('every row', async () => {
    const [{ rows }, lost] = await booked();
    return rows + lost >= requests || undefined;
  });
  const [{ rows, ids }, lostAtLast] = await booked();
  t.equal(rows, ids);
  t.equal(rows + lostAtLast, requests);
});

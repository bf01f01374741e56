// The change listener hears, finds its way back after an outage, and says that anything may have changed: when it stops
// to hear, with each attempt that fails, and when it hears again.
import t, { type Test } from 'tap';
import type { Change } from '../../../src/core/channel.ts';
import { ChangeListener } from '../../../src/primary/changes.ts';
import { testDatabase } from '../../fixtures/database.ts';
import { recordLog } from '../../fixtures/recorder.ts';
import { config } from '../../fixtures/settings.ts';

const EVERYTHING: Change[] = [
  { kind: 'user', key: null },
  { kind: 'plan', key: null },
];

async function listen(t: Test) {
  const db = await testDatabase(t);
  const { log, line, lines } = recordLog();
  const messages: (readonly Change[])[] = [];
  let wake = () => {};
  const listener = new ChangeListener({
    url: db.url,
    settings: { ...config, DATABASE_CONNECT_TIMEOUT_MS: 200, DATABASE_QUERY_TIMEOUT_MS: 200 },
    log,
    checkIntervalMs: 20,
    onChanges(changes) {
      messages.push(changes);
      wake();
    },
  });
  t.teardown(() => listener.stop());
  const next = async (): Promise<readonly Change[]> => {
    if (messages.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return messages.shift()!;
  };
  t.same(await next(), EVERYTHING, 'at first nothing is known');
  /** Reports of everything, up to the one of a second time that it listens. */
  const heardAgain = async (): Promise<void> => {
    do t.same(await next(), EVERYTHING);
    while (lines.filter(({ msg }) => msg.startsWith('listening')).length < 2);
  };
  return { db, listener, next, heardAgain, line, messages };
}

t.test('what one transaction changes arrives together', async (t) => {
  const { db, next } = await listen(t);
  await db.query(`UPDATE quota_items SET percentage_weight = percentage_weight + 1`);
  const changes = await next();
  t.same(changes.map(({ key }) => key).toSorted(), [1, 2, 3]);
});

t.test('a payload that makes no sense is taken for everything', async (t) => {
  const { db, next, line } = await listen(t);
  for (const payload of ['{', '', 'null', '{"kind":"weather","key":1}', '{"kind":"plan","key":"x"}']) {
    await db.query(`SELECT pg_notify('apipod_changes', $1)`, [payload]);
    t.same(await next(), EVERYTHING, payload);
  }
  await line(/makes no sense/);
});

t.test('a cut connection', async (t) => {
  const { db, next, heardAgain, line } = await listen(t);
  await db.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE application_name = 'apipod changes' AND datname = current_database()`,
  );
  await line(/not listening/);
  t.same(await next(), EVERYTHING, 'what happens from here on goes unheard');
  await heardAgain();
  await db.query(`UPDATE subscriptions SET price = 'x' WHERE sub_id = 2`);
  t.same(await next(), [{ kind: 'plan', key: 2 }]);
});

t.test('a restart', async (t) => {
  const { db, next, heardAgain, line } = await listen(t);
  await db.server.stop();
  await line(/not listening/);
  for (let attempt = 0; attempt < 3; attempt++) t.same(await next(), EVERYTHING, 'with each attempt');
  await db.server.start();
  await heardAgain();
});

t.test('a frozen server, which cuts nothing', async (t) => {
  const { db, next, heardAgain, line } = await listen(t);
  db.server.freeze();
  t.match(await line(/not listening/), { reason: /timeout/ });
  t.same(await next(), EVERYTHING);
  db.server.thaw();
  await heardAgain();
});

t.test('nothing is reported after stop', async (t) => {
  const { db, listener, messages } = await listen(t);
  const backends = () =>
    db.query(
      `SELECT FROM pg_stat_activity WHERE application_name = 'apipod changes' AND datname = current_database()`,
    );
  t.equal((await backends()).length, 1);
  listener.stop();
  await db.query(`SELECT pg_notify('apipod_changes', '{"kind":"user","key":null}')`);
  while ((await backends()).length > 0) await new Promise(setImmediate);
  t.same(messages, []);
});

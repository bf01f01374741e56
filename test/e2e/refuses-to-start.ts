// A gateway that cannot do its work says why, in one message that tells what to do, and exits with code 1.
import t, { type Test } from 'tap';
import { testDatabase } from '../fixtures/database.ts';
import { type GatewayOptions, launchGateway, startGateway, startUpstreams } from '../fixtures/gateway.ts';
import { freePort } from '../fixtures/port.ts';

const upstreams = await startUpstreams(t);
const database = await testDatabase(t);
const FOREIGN_ABI = `--import=${new URL('../fixtures/foreign-abi.js', import.meta.url).href}`;

/** @returns all that it said */
async function refusal(t: Test, options: GatewayOptions): Promise<string> {
  const gateway = await launchGateway(t, { upstreams, database, ...options });
  t.strictSame(await gateway.exited, { code: 1, signal: null });
  return gateway.text + gateway.log.map(({ msg }) => msg).join('\n');
}

t.test('bad settings are told all at once', async (t) => {
  const said = await refusal(t, {
    env: {
      PORT: '0',
      WORKERS: 'many',
      ADMIN_SECRET: 'too short',
      HTTP_ENGINE: 'apache',
      DATABASE_URL: 'mysql://localhost/apipod',
      UPSTREAM_GHCP_URL: 'localhost:1234',
      UPSTREAM_GHCP_COLOUR: 'blue',
    },
  });
  for (const name of [
    'PORT',
    'WORKERS',
    'ADMIN_SECRET',
    'HTTP_ENGINE',
    'DATABASE_URL',
    'UPSTREAM_GHCP_URL',
  ]) {
    t.match(said, new RegExp(`${name} must`), name);
  }
  t.match(said, 'UPSTREAM_GHCP_COLOUR is not a setting');
  t.notMatch(said, 'too short', 'secrets are not repeated');
});

t.test('a database without tables', async (t) => {
  const said = await refusal(t, { database: await testDatabase(t, { empty: true }) });
  t.match(said, /has no tables.*usage_logs/);
  t.match(said, 'psql "$DATABASE_URL" -f schema.sql -f seed.sql', 'it names the command');
  t.match(said, 'npm run db:setup');
});

t.test('a database that does not answer', async (t) => {
  const url = `postgres://someone:secret@127.0.0.1:${await freePort()}/apipod`;
  const said = await refusal(t, { env: { DATABASE_URL: url, DATABASE_START_TIMEOUT_MS: '600' } });
  t.match(said, /waiting for the database apipod on 127\.0\.0\.1:\d+ as someone/);
  t.match(said, /has not answered for 0\.6 s \(DATABASE_START_TIMEOUT_MS\): .*ECONNREFUSED/);
  t.notMatch(said, 'secret');
});

t.test('a database that turns us away', async (t) => {
  const url = new URL(database.url);
  url.pathname = '/no_such_database';
  const said = await refusal(t, { env: { DATABASE_URL: url.href } });
  t.match(said, /Cannot use the database no_such_database .* Check DATABASE_URL/);
});

t.test('an address that is not ours', async (t) => {
  t.match(
    await refusal(t, { env: { HOST: '203.0.113.1' } }),
    'This machine has no address 203.0.113.1. Set HOST.',
  );
});

t.test('a port that is taken', async (t) => {
  for (const engine of ['uws', 'node']) {
    const first = await startGateway(t, { upstreams, database, env: { HTTP_ENGINE: engine } });
    const said = await refusal(t, { env: { PORT: first.port, HTTP_ENGINE: engine } });
    t.match(said, new RegExp(`Port ${first.port} on 127.0.0.1 is taken: another gateway`));
    t.equal((await fetch(`${first.url}/readyz`)).status, 200, 'the first one is not disturbed');
  }
});

t.test('workers that cannot start', async (t) => {
  const env = { HTTP_ENGINE: 'uws', NODE_OPTIONS: FOREIGN_ABI };
  const said = await refusal(t, { env });
  t.match(said, /The workers cannot start: HTTP_ENGINE is uws, but no build of uWebSockets\.js loads here/);
  const gateway = await startGateway(t, { upstreams, database, env: { ...env, HTTP_ENGINE: 'auto' } });
  t.match(
    await gateway.logged(/^HTTP engine/),
    { engine: 'node' },
    'left the choice, they take the other engine',
  );
});

t.test('told to stop while it waits', async (t) => {
  const url = `postgres://127.0.0.1:${await freePort()}/apipod`;
  const gateway = await launchGateway(t, { upstreams, env: { DATABASE_URL: url } });
  await gateway.logged(/waiting for the database/);
  t.strictSame(await gateway.stop(), { code: 0, signal: null });
});

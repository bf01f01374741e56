// schema.sql and seed.sql can be run again and again, on every PostgreSQL at hand: the system's and the bundled one.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import t from 'tap';
import { applySchema, applySeed, checkSchema, TABLES } from '../../../src/core/database/schema.ts';
import { packageRoot } from '../../../src/core/paths.ts';
import { findBundle } from '../../../src/primary/postgres/bundle.ts';
import { startServer, type TestDatabase, testDatabase } from '../../fixtures/database.ts';

const ITEMS = `
  SELECT sub_name || ' (' || price || ')' AS plan, model_name || ' @ ' || upstream AS model, percentage_weight AS weight
  FROM quota_items JOIN subscriptions USING (sub_id) JOIN llm_models USING (llm_model_id)`;

const SEED = [
  ['cursor-pro-auto (50K/month)', 'gemini-3-flash @ antigravity', 50],
  ['cursor-pro-auto (50K/month)', 'gpt-5-mini @ ghcp', 50],
  ['cursor-pro-opus (pending)', 'claude-opus-4-5-thinking @ antigravity', 20],
  ['cursor-pro-opus (pending)', 'claude-opus-4-6-thinking @ antigravity', 10],
  ['cursor-pro-opus (pending)', 'claude-opus-4-6-thinking @ ghcp', 10],
  ['cursor-pro-opus (pending)', 'claude-sonnet-4.5 @ ghcp', 30],
  ['cursor-pro-opus (pending)', 'gemini-3-flash @ antigravity', 30],
  ['cursor-pro-opus (pending)', 'gpt-5-mini @ ghcp', 30],
  ['cursor-pro-sonnet (75K/month)', 'claude-sonnet-4-5-thinking @ antigravity', 20],
  ['cursor-pro-sonnet (75K/month)', 'claude-sonnet-4.5 @ ghcp', 10],
  ['cursor-pro-sonnet (75K/month)', 'gemini-3-flash @ antigravity', 40],
  ['cursor-pro-sonnet (75K/month)', 'gpt-5-mini @ ghcp', 30],
];

const INDEXES = ['idx_apitoken', 'idx_quota_sub', 'idx_usage_quota', 'idx_user_active'];

async function setUp(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await applySchema(client);
    await applySeed(client);
    await checkSchema(client);
  } finally {
    await client.end();
  }
}

async function seedOf(db: TestDatabase): Promise<unknown[][]> {
  const rows = await db.query<{ plan: string; model: string; weight: number }>(ITEMS);
  return rows.map(({ plan, model, weight }) => [plan, model, weight]).sort();
}

const bundle = await findBundle();
const installations = {
  'the PostgreSQL that a gateway takes': undefined,
  ...(bundle && { 'the bundled PostgreSQL': join(bundle.folder, 'bin') }),
};
for (const [name, binDir] of Object.entries(installations)) {
  t.test(name, async (t) => {
    const server = await startServer(binDir);

    t.test('makes the tables, the indexes and the plans', async (t) => {
      const db = await testDatabase(t, { empty: true, server });
      await setUp(db.url);
      t.same(await seedOf(db), SEED);
      const columns = await db.query<{ table_name: string; column_name: string }>(
        `SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'`,
      );
      const made: Record<string, string[]> = {};
      for (const { table_name, column_name } of columns) {
        made[table_name] ??= [];
        made[table_name].push(column_name);
      }
      const sorted = (tables: Readonly<Record<string, readonly string[]>>) =>
        Object.entries(tables)
          .map(([table, names]) => [table, names.toSorted()])
          .sort();
      t.same(sorted(made), sorted(TABLES), 'what the program checks is what the script makes');
      const indexes = await db.query<{ indexname: string }>(
        'SELECT indexname FROM pg_indexes WHERE indexname = ANY ($1) ORDER BY 1',
        [INDEXES],
      );
      t.same(
        indexes.map(({ indexname }) => indexname),
        INDEXES,
      );
    });

    t.test('a second run changes nothing, not even what the operator has changed', async (t) => {
      const db = await testDatabase(t, { empty: true, server });
      await setUp(db.url);
      await db.query(`UPDATE subscriptions SET price = '99K/month' WHERE sub_name = 'cursor-pro-auto'`);
      await db.query('UPDATE quota_items SET percentage_weight = 7 WHERE quota_id = 1');
      await db.query('DELETE FROM quota_items WHERE quota_id = 2');
      const before = await db.query(ITEMS);
      await setUp(db.url);
      t.same(await db.query(ITEMS), before);
    });

    t.test('two runs at once do not collide', async (t) => {
      const db = await testDatabase(t, { empty: true, server });
      await Promise.all([setUp(db.url), setUp(db.url), setUp(db.url)]);
      t.same(await seedOf(db), SEED);
    });

    t.test('completes the tables of an older version and hashes its tokens', async (t) => {
      const db = await testDatabase(t, { empty: true, server });
      await db.query(`
        CREATE TABLE subscriptions (sub_id serial PRIMARY KEY, sub_name text UNIQUE, price text);
        INSERT INTO subscriptions (sub_name, price) VALUES ('cursor-pro-auto', 'old');
        CREATE TABLE users (user_id serial PRIMARY KEY, username text, apitoken text, sub_id integer,
          active boolean DEFAULT true, created_at timestamptz DEFAULT now(), expires_at timestamptz);
        INSERT INTO users (username, apitoken) VALUES ('alice', 'apk_0123456789abcdef01234567');
        CREATE TABLE usage_logs (usage_id bigserial PRIMARY KEY, quota_item_id integer, token_count integer,
          "timestamp" timestamptz DEFAULT now());
        INSERT INTO usage_logs (quota_item_id, token_count) VALUES (1, 10), (1, 20)`);
      await setUp(db.url);
      t.match(await db.query('SELECT apitoken, token_hint FROM users'), [
        { apitoken: /^[0-9a-f]{64}$/, token_hint: 'apk_0123' },
      ]);
      t.match(await db.query('SELECT token_count, request_id FROM usage_logs ORDER BY usage_id'), [
        { token_count: 10, request_id: /^[0-9a-f-]{36}$/ },
        { token_count: 20, request_id: /^[0-9a-f-]{36}$/ },
      ]);
    });

    t.test('by psql, stopping at the first error', async (t) => {
      const db = await testDatabase(t, { empty: true, server });
      const run = promisify(execFile);
      const args = [db.url, '-q', '-v', 'ON_ERROR_STOP=1', '-f', 'schema.sql', '-f', 'seed.sql'];
      const psql = () => run('psql', args, { cwd: packageRoot });
      const first = await psql().catch((error: NodeJS.ErrnoException) => error);
      if ('code' in first && first.code === 'ENOENT') {
        t.pass('there is no psql here', { skip: true });
        return;
      }
      t.match(first, { stderr: '' });
      t.same(await seedOf(db), SEED);
      t.match(await psql(), { stderr: '', stdout: '' }, 'the second run has nothing to say');
    });
  });
}

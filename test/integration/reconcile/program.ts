// `npm run reconcile` prints a report, and its exit code says whether there are differences.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { requestIdOf } from '../../../src/core/ledger/row.ts';
import { packageRoot } from '../../../src/core/paths.ts';
import { TestBooks, usageRows } from '../../fixtures/books.ts';
import { testDatabase } from '../../fixtures/database.ts';

const RANGE = ['--from', '2026-03-01', '--to', '2026-03-02T00:00:00Z'];

interface Run {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(environment: Record<string, string>, ...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(packageRoot, 'dist/reconcile.js'), ...args],
      // Not where somebody may have a .env; and at a port where nobody listens, unless the test says so.
      { cwd: '/', env: { PATH: process.env.PATH, PORT: '1', ...environment } },
      (error, stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

async function setup(t: Test) {
  const database = await testDatabase(t);
  const books = new TestBooks(t, database);
  const rows = usageRows(10);
  await books.write(rows);
  const environment = { DATABASE_URL: database.url, DATA_DIR: books.dataDir };
  return { database, books, environment, ids: rows.map(requestIdOf) };
}

t.test('clean books: 0', async (t) => {
  const { environment, books } = await setup(t);
  const { code, stdout, stderr } = await run(environment, ...RANGE);
  t.equal(stderr, '');
  t.equal(code, 0);
  t.match(stdout, /usage_logs has in the range +10 rows, 300 tokens/);
  t.match(stdout, /Metrics +the gateway did not give any/);
  t.match(stdout, books.nodeId);
  t.match(stdout, /No differences\.\n$/);
});

t.test('a row is missing: 1, and its id; as JSON too', async (t) => {
  const { environment, database, ids } = await setup(t);
  await database.query('DELETE FROM usage_logs WHERE request_id = $1', [ids[2]]);
  const text = await run(environment, ...RANGE);
  t.equal(text.code, 1);
  t.match(text.stdout, `missing ${ids[2]}: Batch 1 lists it`);
  const json = await run(environment, ...RANGE, '--json');
  t.equal(json.code, 1);
  t.match(JSON.parse(json.stdout), { differences: { listed: [{ kind: 'missing', request_id: ids[2] }] } });
});

t.test('asks the gateway of the settings for its metrics', async (t) => {
  const { environment } = await setup(t);
  const server = createServer((_, response) =>
    response.end('# HELP apipod_usage_admitted_total x\napipod_usage_admitted_total 7\n'),
  ).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const { stdout } = await run({ ...environment, HOST: '0.0.0.0', PORT: String(port) }, ...RANGE);
  t.match(stdout, /Metrics since the gateway started +7 admitted/);
});

t.test('finds the embedded database', async (t) => {
  const { environment, database } = await setup(t);
  writeFileSync(join(environment.DATA_DIR, 'database-url'), `${database.url}\n`);
  t.equal((await run({ DATA_DIR: environment.DATA_DIR }, ...RANGE)).code, 0);
});

t.test('says how it is used', async (t) => {
  t.match(await run({}, '--help'), { code: 0, stdout: /--from TIME/ });
});

t.test('what it cannot do is told in a sentence: 2', async (t) => {
  const { environment, books } = await setup(t);
  const empty = await testDatabase(t, { empty: true });
  for (const [what, settings, args, message] of [
    [
      'a database that is away',
      { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none' },
      [],
      /^Cannot read the database none on 127\.0\.0\.1:1 .*\n$/,
    ],
    [
      'a database without tables',
      { ...environment, DATABASE_URL: empty.url },
      [],
      /older version: npm run db:setup\n$/,
    ],
    ['no embedded database', { DATA_DIR: books.dataDir }, [], /^DATABASE_URL is not set, .*\n$/],
    ['a bad setting', { ...environment, WORKERS: 'x' }, [], /^Bad settings:/],
    ['a bad time', environment, ['--from', 'today'], /^--from must be a date/],
    [
      'a range the wrong way',
      environment,
      ['--from', '2026-01-02', '--to', '2026-01-01'],
      /^--from must be before --to/,
    ],
    ['an unknown word', environment, ['--form', 'x'], /--form/],
  ] as const) {
    const { code, stderr, stdout } = await run(settings, ...args);
    t.equal(code, 2, what);
    t.equal(stdout, '');
    t.match(stderr, message);
  }
});

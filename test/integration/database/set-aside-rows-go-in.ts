// What docs/operations.md says of rows that were set aside: they can be put in by SQL, those of older versions too.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import t, { type Test } from 'tap';
import { ASIDE_FILE } from '../../../src/core/ledger/aside.ts';
import { describeRow, requestIdOf } from '../../../src/core/ledger/row.ts';
import { packageRoot } from '../../../src/core/paths.ts';
import { NOON, usageRow } from '../../fixtures/books.ts';
import { testDatabase } from '../../fixtures/database.ts';

const COPY = "\\copy set_aside FROM 'data/usage-rejected.ndjson'";

/** The document's example. @param file stands for its own */
function example(file: string): string {
  const document = readFileSync(join(packageRoot, 'docs/operations.md'), 'utf8');
  const sql = /<!-- set-aside -->\n```sql\n([\s\S]*?)```/.exec(document)?.[1] ?? '';
  if (!sql.includes(COPY)) throw new Error('the example is not there');
  // The server reads the file here, psql there: the options are the same. There a line is a whole command.
  return sql.replace(/^\\copy.*$/m, (line) => `${line.replace(COPY, `COPY set_aside FROM '${file}'`)};`);
}

/** A folder that the server may read, whatever its account. */
function openFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'apipod-aside-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  return folder;
}

t.test('rows that were set aside go in, each once', async (t) => {
  const database = await testDatabase(t);
  const { prompt_bytes, reported_input_tokens, observed_input_tokens, ...old } = describeRow(usageRow(NOON));
  const row = usageRow(NOON + 1_500, { requestedModel: 'quotes "\\\' and\ttabs, größe\ud83d\ude00' });
  const lines = [old, describeRow(row), describeRow(row)].map((row) => JSON.stringify({ at: '', row }));
  const file = join(openFolder(t), ASIDE_FILE);
  writeFileSync(file, `${lines.join('\n')}\n`);

  for (const round of ['for the first time', 'and again']) {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(example(file));
    await client.end();
    const [count] = await database.query<{ count: string }>('SELECT count(*) FROM usage_logs');
    t.equal(Number(count?.count), 2, round);
  }
  const [found] = await database.query<{ line: string }>(
    'SELECT apipod_usage_line(u) AS line FROM usage_logs AS u WHERE request_id = $1',
    [requestIdOf(row)],
  );
  t.equal(found?.line, row, 'as the gateway wrote it');
});

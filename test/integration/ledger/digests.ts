// The digest of a row is that of the line that a worker wrote, and PostgreSQL can make the same line from the columns:
// whoever edits a row later leaves a digest that does not fit.
import { createHash } from 'node:crypto';
import t from 'tap';
import { describeRow } from '../../../src/core/ledger/row.ts';
import { testDatabase } from '../../fixtures/database.ts';
import { usageRow } from '../../fixtures/journal.ts';
import { seeded } from '../../fixtures/random.ts';
import { batchWriter } from '../../fixtures/shipper.ts';

const ROWS = 3_000;
const random = seeded(20_261_123);
const whole = (below: number) => Math.floor(random() * below);
const pick = <T>(values: readonly T[]): T => values[whole(values.length)]!;

const count = () => pick([0, 1, 9, whole(100), whole(1e6), whole(2 ** 31), whole(2 ** 53), 2 ** 53 - 1]);
const int = () => pick([0, 1, whole(1_000), 2 ** 31 - 1]);
const ms = () =>
  pick([
    0,
    -0,
    0.001,
    0.0004,
    1e-9,
    whole(10),
    random(),
    random() * 1e3,
    random() * 1e6,
    1e11 / 3,
    1e15,
    1e17,
  ]);
const time = () => pick([0, 1, 1_700_000_000_123, whole(2 ** 41), 4_102_444_800_999, 8_000_000_000_001]);
const CHARS = [
  'a',
  'Z',
  '0',
  ' ',
  '\t',
  '\n',
  '\0',
  '\x1a',
  '\x7f',
  '\\',
  '\\N',
  '"',
  "'",
  '{}',
  ',',
  'NULL',
  'ß',
  'é',
  'é',
  '漢',
  '\u200b',
  '\u{1f600}',
  '\ud800',
  '\udfff',
  '\ufffd',
  '\u2028',
  '\ufeff',
];
const text = () => Array.from({ length: pick([0, 1, 3, 20, 300]) }, () => pick(CHARS)).join('');

function randomRow(): string {
  return usageRow({
    clientRequestId: pick([null, text()]),
    quotaItemId: int(),
    userId: int(),
    subId: int(),
    timestamp: time(),
    streamed: pick([true, false]),
    requestedModel: text(),
    routedModel: text(),
    upstream: text(),
    promptBytes: count(),
    status: int(),
    tokens: {
      input: whole(2 ** 52),
      output: whole(2 ** 52),
      cacheRead: count(),
      cacheWrite: count(),
      reasoning: count(),
    },
    counts: {
      reportedInput: pick([null, count()]),
      reportedOutput: pick([null, count()]),
      observedInput: count(),
      observedOutput: count(),
      deliveredOutput: count(),
    },
    attempts: int(),
    firstByteMs: pick([null, ms()]),
    durationMs: ms(),
  });
}

t.test('PostgreSQL makes the same line again', async (t) => {
  const database = await testDatabase(t);
  const { writer, aside } = batchWriter(t, database);
  const rows = new Map(
    Array.from({ length: ROWS }, randomRow).map((row) => [describeRow(row).request_id!, row]),
  );
  for (let i = 0; i < ROWS; i += 500) await writer.write([...rows.values()].slice(i, i + 500));
  t.same(aside, []);
  const found = await database.query<{ id: string; line: string; digest: string; fits: boolean }>(
    `SELECT request_id AS id, apipod_usage_line(u) AS line, encode(digest, 'hex') AS digest,
       digest = apipod_usage_digest(u) AS fits FROM usage_logs AS u`,
  );
  t.equal(found.length, ROWS);
  const strange = found.filter(({ id, line, digest, fits }) => {
    // On the way from a worker a lone surrogate becomes the replacement character.
    const written = Buffer.from(rows.get(id)!);
    return (
      !fits || line !== written.toString() || digest !== createHash('sha256').update(written).digest('hex')
    );
  });
  t.same(
    strange.slice(0, 3).map(({ id, line }) => [describeRow(rows.get(id)!), describeRow(line)]),
    [],
  );
});

t.test('any column that is edited shows', async (t) => {
  const database = await testDatabase(t);
  const { writer } = batchWriter(t, database);
  const row = usageRow({ clientRequestId: 'client-1' });
  await writer.write([row]);
  for (const name of Object.keys(describeRow(row))) {
    const types = await database.query<{ type: string }>(
      `SELECT format_type(atttypid, NULL) AS type FROM pg_attribute WHERE attrelid = 'usage_logs'::regclass AND attname = $1`,
      [name],
    );
    const { type } = types[0]!;
    const change =
      type === 'uuid'
        ? 'gen_random_uuid()'
        : type === 'boolean'
          ? `NOT "${name}"`
          : type === 'text'
            ? `"${name}" || ' '`
            : type.startsWith('timestamp')
              ? `"${name}" + interval '1 microsecond'`
              : `"${name}" + 1`;
    const [edited] = await database.query<{ fits: boolean }>(
      `WITH held AS (SELECT * FROM usage_logs), changed AS (
         UPDATE usage_logs SET "${name}" = ${change} RETURNING usage_logs AS u, digest
       ) SELECT digest = apipod_usage_digest(u) AS fits FROM changed`,
    );
    t.equal(edited!.fits, false, name);
    await database.query('DELETE FROM usage_logs');
    await writer.write([row]);
  }
});

// The audit of a gateway that serves: it agrees with itself while requests come and go, and afterwards names each row that
// somebody has deleted, doubled or edited, also an end of the chain that was cut off while it ran.
import t from 'tap';
import type { Report } from '../../src/core/reconcile/types.ts';
import { MODEL_ON, startGateway } from '../fixtures/gateway.ts';
import { poll } from '../fixtures/poll.ts';
import { asking } from '../fixtures/sdk.ts';
import { openPost } from '../fixtures/stream.ts';

const REQUESTS = 40;

const gateway = await startGateway(t);
const { database } = gateway;
const token = await gateway.createKey('cursor-pro-sonnet');
const PATH = '/v1/chat/completions';

const ask = async () => {
  const request = { model: MODEL_ON.ghcp, messages: asking({ text: 'ok' }) };
  await (await gateway.post(PATH, token, request)).arrayBuffer();
};
const audit = async () => (await (await gateway.admin('GET', '/admin/reconcile')).json()) as Report;
/** Kind and request id of each difference. */
const differences = async () =>
  (await audit()).differences.listed.map(({ kind, request_id }) => `${kind} ${request_id}`).sort();

t.test('while it serves', async (t) => {
  const script = { text: 'begins. ends.', delayMs: 300 };
  const request = { model: MODEL_ON.ghcp, stream: true, messages: asking(script) };
  const stream = await openPost(gateway.url + PATH, token, request);
  await stream.until('begins');
  const load = Promise.all(Array.from({ length: REQUESTS }, ask));
  const during = await audit();
  t.equal(during.differences.count, 0);
  t.ok(during.journal.open > 0, 'the stream is open');
  await Promise.all([load, stream.ended]);
  await gateway.rows(REQUESTS + 1);
  const after = await poll('a journal without open exchanges', async () => {
    const report = await audit();
    return report.journal.open === 0 && report.metrics?.written === REQUESTS + 1 ? report : undefined;
  });
  t.match(after, {
    journal: { lives: 2, lives_running: 2, waiting: { rows: 0 }, damaged: 0 },
    rows: { rows: REQUESTS + 1, unchained: 0 },
    metrics: { admitted: REQUESTS + 1, written: REQUESTS + 1, balance: 0 },
    differences: { count: 0 },
  });
  t.equal(after.batches.rows, REQUESTS + 1);
  t.equal(after.batches.tokens, after.rows.tokens);
});

t.test('after somebody was at the rows', async (t) => {
  const rows = await gateway.rows(REQUESTS + 1);
  const [deleted, edited, doubled] = rows.map(({ request_id }) => request_id);
  await database.query('DELETE FROM usage_logs WHERE request_id = $1', [deleted]);
  await database.query('UPDATE usage_logs SET token_count = token_count - 1 WHERE request_id = $1', [edited]);
  const columns = await database.query<{ names: string }>(
    `SELECT string_agg(quote_ident(attname), ', ') AS names FROM pg_attribute
     WHERE attrelid = 'usage_logs'::regclass AND attnum > 0 AND attname NOT IN ('usage_id', 'request_id')`,
  );
  const { names } = columns[0]!;
  const copies = await database.query<{ request_id: string }>(
    `INSERT INTO usage_logs (request_id, ${names})
     SELECT gen_random_uuid(), ${names} FROM usage_logs WHERE request_id = $1 RETURNING request_id`,
    [doubled],
  );
  const named = await differences();
  for (const expected of [`missing ${deleted}`, `edited ${edited}`, `doubled ${copies[0]!.request_id}`]) {
    t.ok(named.includes(expected), expected, { named });
  }
  t.equal(named.filter((name) => !name.endsWith('null')).length, 3, 'and no other row', { named });
});

t.test('after the end of the chain was cut off', async (t) => {
  const cut = await database.query<{ request_ids: string[] }>(
    'DELETE FROM usage_batches WHERE seq = (SELECT max(seq) FROM usage_batches) RETURNING request_ids',
  );
  await database.query('DELETE FROM usage_logs WHERE request_id = ANY($1::uuid[])', [cut[0]!.request_ids]);
  await poll('head.json to be up to date, and the audit to miss the batch', async () =>
    (await differences()).includes('head null') ? true : undefined,
  );
  await ask();
  await gateway.logged(/^the chain of usage batches in the database does not end as we left it/);
  await poll('head.json to keep the lost end', async () =>
    (await audit()).chain.head?.cut ? true : undefined,
  );
  t.ok((await differences()).includes('head null'), 'what came since hides nothing');
});

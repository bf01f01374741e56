// The primary is killed: open streams go on to their end, their usage goes into the journal, and the workers leave the
// field to the next gateway, which puts it into the database.
import t from 'tap';
import { type Gateway, MODEL_ON, startGateway } from '../fixtures/gateway.ts';
import { poll } from '../fixtures/poll.ts';
import { isAlive } from '../fixtures/program.ts';
import { asking } from '../fixtures/sdk.ts';
import { openPost } from '../fixtures/stream.ts';

const STREAMS = 6;

async function killPrimary(gateway: Gateway): Promise<void> {
  const token = await gateway.createKey('cursor-pro-sonnet');
  const script = { id: 'orphan', text: 'begins. ends.', delayMs: 200 };
  const request = { model: MODEL_ON.ghcp, stream: true, messages: asking(script) };
  const open = () => openPost(`${gateway.url}/v1/chat/completions`, token, request);
  const readings = await Promise.all(Array.from({ length: STREAMS }, open));
  await Promise.all(readings.map((reading) => reading.until('begins')));
  const { workers } = gateway;
  gateway.signal('SIGKILL');
  await gateway.exited;

  await Promise.all(readings.map(({ ended }) => ended));
  t.ok(
    readings.every((reading) => reading.whole && reading.text.includes('[DONE]')),
    'every stream came to its end',
  );
  await poll('the workers to leave', () => (workers.some(isAlive) ? undefined : true));
}

t.test('with a database of the operator', async (t) => {
  const gateway = await startGateway(t);
  await killPrimary(gateway);
  const { upstreams, database, port, dataDir } = gateway;
  const env = { PORT: port, DATA_DIR: dataDir };
  const successor = await startGateway(t, { database, upstreams, env });
  for (const row of await successor.rows(STREAMS)) {
    t.match(row, { outcome: 'completed', count_source: 'reported', streamed: true });
  }
});

t.test('with an embedded database', async (t) => {
  const gateway = await startGateway(t, { database: 'embedded' });
  await killPrimary(gateway);

  const { upstreams, port, dataDir } = gateway;
  const env = { PORT: port, DATA_DIR: dataDir };
  const successor = await startGateway(t, { database: 'embedded', upstreams, env });
  const rows = (await (await successor.admin('GET', '/admin/usage')).text()).trimEnd().split('\n');
  t.equal(rows.length, STREAMS);
  for (const row of rows) t.match(JSON.parse(row), { outcome: 'completed', count_source: 'reported' });
  await killPrimary(successor);
});

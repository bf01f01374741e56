// SIGTERM: streams that are open end as they should, their rows are written, and the exit code is 0. Streams that take
// too long are cut with an error event.
import t from 'tap';
import { ENGINES, MODEL_ON, startGateway, startUpstreams } from '../fixtures/gateway.ts';
import { isAlive } from '../fixtures/program.ts';
import { asking } from '../fixtures/sdk.ts';
import { openPost } from '../fixtures/stream.ts';

const STREAMS = 6;
const upstreams = await startUpstreams(t);

for (const engine of ENGINES) {
  t.test(`open streams, ${engine}`, async (t) => {
    const gateway = await startGateway(t, { upstreams, env: { HTTP_ENGINE: engine } });
    const token = await gateway.createKey('cursor-pro-sonnet');
    const request = {
      model: MODEL_ON.ghcp,
      stream: true,
      messages: asking({ text: 'begins. ends.', delayMs: 200 }),
    };
    const open = () => openPost(`${gateway.url}/v1/chat/completions`, token, request);
    const readings = await Promise.all(Array.from({ length: STREAMS }, open));
    await Promise.all(readings.map((reading) => reading.until('begins')));
    t.strictSame(await gateway.stop(), { code: 0, signal: null });
    await Promise.all(readings.map(({ ended }) => ended));
    t.ok(readings.every((reading) => reading.whole && reading.text.includes('[DONE]')));
    for (const row of await gateway.rows(STREAMS)) t.match(row, { outcome: 'completed' });
    t.notOk(gateway.workers.some(isAlive), 'nothing is left running');
  });
}

t.test('streams that take too long', async (t) => {
  const gateway = await startGateway(t, { upstreams, env: { SHUTDOWN_TIMEOUT_MS: '200' } });
  const token = await gateway.createKey('cursor-pro-sonnet');
  const messages = asking({ fault: 'stall-mid-stream', after: 2 });
  const request = { model: MODEL_ON.ghcp, max_tokens: 10, stream: true, messages };
  const open = async (path: string) => {
    const reading = await openPost(gateway.url + path, token, request);
    await reading.until('answer');
    return reading;
  };
  const openai = await open('/v1/chat/completions');
  const anthropic = await open('/v1/messages');
  t.strictSame(await gateway.stop(), { code: 0, signal: null });
  await Promise.all([openai.ended, anthropic.ended]);
  t.match(openai.text, /data: \{"error":\{.*"code":"stopping"\}\}\n\n$/);
  t.match(anthropic.text, /event: error\ndata: \{"type":"error","error":\{"type":"overloaded_error".*\n\n$/);
  t.notOk(openai.whole || anthropic.whole, 'they are cut');
  for (const row of await gateway.rows(2)) t.match(row, { status: 200, count_source: 'observed' });
});

t.test('a second signal does not wait', async (t) => {
  const gateway = await startGateway(t, { upstreams });
  const token = await gateway.createKey('cursor-pro-sonnet');
  const request = {
    model: MODEL_ON.ghcp,
    stream: true,
    messages: asking({ fault: 'stall-mid-stream', after: 2 }),
  };
  const reading = await openPost(`${gateway.url}/v1/chat/completions`, token, request);
  await reading.until('answer');
  gateway.signal('SIGINT');
  await gateway.logged(/open streams may finish/);
  gateway.signal('SIGINT');
  t.strictSame(await gateway.exited, { code: 0, signal: null });
  await reading.ended;
  t.notOk(reading.whole);
  await gateway.rows(1);
});

t.test('an embedded database stops last', async (t) => {
  const gateway = await startGateway(t, { upstreams, database: 'embedded' });
  const token = await gateway.createKey('cursor-pro-sonnet');
  const request = { model: MODEL_ON.ghcp, messages: asking({}) };
  t.equal((await gateway.post('/v1/chat/completions', token, request)).status, 200);
  t.strictSame(await gateway.stop(), { code: 0, signal: null });

  const { port, dataDir } = gateway;
  const env = { PORT: port, DATA_DIR: dataDir };
  const successor = await startGateway(t, { upstreams, database: 'embedded', env });
  t.equal(
    (await successor.post('/v1/chat/completions', token, request)).status,
    200,
    'the key is still there',
  );
  const rows = await (await successor.admin('GET', '/admin/usage')).text();
  t.match(rows, /"outcome":"completed"/, 'and so is the row of the request before');
});

t.test('with the database frozen, the next start brings every row', async (t) => {
  const REQUESTS = 60;
  const gateway = await startGateway(t, {
    upstreams,
    env: { WORKERS: '1', SHUTDOWN_TIMEOUT_MS: '500', DATABASE_QUERY_TIMEOUT_MS: '1000' },
  });
  const token = await gateway.createKey('cursor-pro-sonnet');
  const request = { model: MODEL_ON.ghcp, messages: asking({}) };
  const ids = new Set<string>();
  const ask = async () => {
    const response = await gateway.post('/v1/chat/completions', token, request);
    await response.arrayBuffer();
    t.equal(response.status, 200);
    ids.add(response.headers.get('x-request-id')!);
  };
  // The notification of the new key makes the worker forget it once more: only when it is through does it know it.
  await ask();
  await gateway.rows(1);
  await ask();
  gateway.database.server.freeze();
  for (let i = 0; i < REQUESTS; i++) await ask();
  t.strictSame(await gateway.stop(), { code: 0, signal: null });
  gateway.database.server.thaw();

  const { database, port, dataDir } = gateway;
  const successor = await startGateway(t, { upstreams, database, env: { PORT: port, DATA_DIR: dataDir } });
  const rows = await successor.rows(REQUESTS + 2);
  t.strictSame(new Set(rows.map(({ request_id }) => request_id)), ids);
});

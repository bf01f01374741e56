// Chunked request bodies get 411, unless the setting allows them; then they arrive whole. On both engines.
import t from 'tap';
import { messages } from '../../../src/core/dialects/anthropic.ts';
import { echo, listen, onEachEngine, route, serve } from '../../fixtures/engines.ts';
import { get, RawClient } from '../../fixtures/raw-http.ts';

const head = (path: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n`;

onEachEngine(t, 'refused with 411 in the dialect of the route', async (t, engine) => {
  const { port } = await serve(t, engine, [route('/v1/messages', messages, ['POST'])]);
  const client = await RawClient.open(port);
  const { status, body } = await client.send(head('/v1/messages'), '5\r\nhello\r\n0\r\n\r\n').response();
  t.equal(status, 411);
  t.match(JSON.parse(body.toString()), {
    type: 'error',
    error: { type: 'invalid_request_error', message: /Content-Length/ },
    request_id: String,
  });
  await client.end();
});

onEachEngine(t, 'refused with 411 while the client goes on sending', async (t, engine) => {
  const { port } = await serve(t, engine);
  const client = await RawClient.open(port);
  client.send(head('/v1/chat/completions'));
  t.equal((await client.response()).status, 411);
  client.send('5\r\nhello\r\n', '0\r\n\r\n');
  await client.end();
});

onEachEngine(t, 'allowed: the body arrives, however it is sliced', async (t, engine) => {
  const { port } = await listen(t, engine, echo, { chunkedAllowed: true });
  const client = await RawClient.open(port);
  t.teardown(() => client.destroy());
  const raw = Buffer.from(`${head('/c')}1\r\na\r\n3e8\r\n${'b'.repeat(1000)}\r\n2\r\ncd\r\n0\r\n\r\n`);
  for (const slice of [raw.length, 700, 7]) {
    for (let at = 0; at < raw.length; at += slice) {
      client.send(raw.subarray(at, at + slice));
      await new Promise((resolve) => setImmediate(resolve));
    }
    t.equal((await client.response()).body.toString(), `POST /c a${'b'.repeat(1000)}cd`);
  }
  t.equal((await client.send(get('/next')).response()).body.toString(), 'GET /next ');
});

onEachEngine(t, 'allowed: an empty body arrives', async (t, engine) => {
  const { port } = await listen(t, engine, echo, { chunkedAllowed: true });
  const client = await RawClient.open(port);
  t.teardown(() => client.destroy());
  t.equal((await client.send(head('/e'), '0\r\n\r\n').response()).body.toString(), 'POST /e ');
});

onEachEngine(t, 'allowed: broken framing is not taken for a body', async (t, engine) => {
  const { port, open } = await serve(t, engine, undefined, { chunkedAllowed: true });
  const client = await RawClient.open(port);
  client.send(head('/v1/chat/completions'), '5\r\nhello\r\nno such size\r\n');
  await client.end();
  t.match(client.received.toString(), /^($|HTTP\/1\.1 400 )/);
  t.equal(open.size, 0);
});

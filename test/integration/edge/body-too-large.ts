// A request body over the limit gets 413, which the client gets to read although it is still sending. On both engines.
import t from 'tap';
import { chat } from '../../../src/core/dialects/openai.ts';
import { onEachEngine, route, serve } from '../../fixtures/engines.ts';
import { post, RawClient } from '../../fixtures/raw-http.ts';

const PATH = '/v1/chat/completions';
const BYTES_MAX = 100_000;
const CLIENTS = 10;

onEachEngine(t, 'by Content-Length, before any of it is read', async (t, engine) => {
  const { port } = await serve(t, engine, undefined, { bodyBytesMax: BYTES_MAX });
  const client = await RawClient.open(port);
  client.send(`POST ${PATH} HTTP/1.1\r\nHost: gateway\r\nContent-Length: ${BYTES_MAX + 1}\r\n\r\n`);
  const { status, body } = await client.response();
  t.equal(status, 413);
  t.match(JSON.parse(body.toString()), { error: { message: /too large/ } });
  client.destroy();
});

onEachEngine(t, 'the limit itself is not over it', async (t, engine) => {
  const { port } = await serve(t, engine, undefined, { bodyBytesMax: BYTES_MAX });
  const client = await RawClient.open(port);
  t.teardown(() => client.destroy());
  const { body } = await client.send(post(PATH, 'x'.repeat(BYTES_MAX))).response();
  t.equal(body.toString(), `served ${BYTES_MAX}`);
});

onEachEngine(t, 'every client gets to read it while it sends 8 MB', async (t, engine) => {
  const { port, open } = await serve(t, engine, undefined, { bodyBytesMax: BYTES_MAX });
  const request = post(PATH, Buffer.alloc(8 * 1024 * 1024, 'x'));
  const statuses = await Promise.all(
    Array.from({ length: CLIENTS }, async () => {
      const client = await RawClient.open(port);
      const { status, headers } = await client.send(request).response();
      await client.end();
      return `${status} ${headers.get('connection')}`;
    }),
  );
  t.same(statuses, new Array(CLIENTS).fill('413 close'));
  t.equal(open.size, 0);
});

onEachEngine(t, 'by counting, where the length is not known', async (t, engine) => {
  const { port } = await serve(t, engine, undefined, { bodyBytesMax: BYTES_MAX, chunkedAllowed: true });
  const client = await RawClient.open(port);
  client.send(`POST ${PATH} HTTP/1.1\r\nHost: gateway\r\nTransfer-Encoding: chunked\r\n\r\n`);
  const chunk = `2710\r\n${'x'.repeat(10_000)}\r\n`;
  for (let i = 0; i < 20; i++) client.send(chunk);
  t.equal((await client.response()).status, 413);
  client.send('0\r\n\r\n');
  await client.end();
});

onEachEngine(t, 'no more than the stated amount is drained', async (t, engine) => {
  const drainBytesMax = 256 * 1024;
  const { port } = await serve(t, engine, undefined, { bodyBytesMax: BYTES_MAX, drainBytesMax });
  const client = await RawClient.open(port);
  client.send(`POST ${PATH} HTTP/1.1\r\nHost: gateway\r\nContent-Length: 500000000\r\n\r\n`);
  t.equal((await client.response()).status, 413);
  const chunk = Buffer.alloc(64 * 1024);
  while (!client.closed) {
    if (!client.socket.write(chunk)) {
      await new Promise<void>((resolve) => {
        client.socket.once('drain', resolve);
        client.socket.once('close', resolve);
      });
    }
  }
  t.ok(client.socket.bytesWritten >= drainBytesMax, 'it was not closed before');
});

onEachEngine(t, 'leave to send a body that is too large is not waited for', async (t, engine) => {
  const asked = route(PATH, chat, ['POST']);
  const { port } = await serve(t, engine, [asked], { bodyBytesMax: BYTES_MAX });
  const client = await RawClient.open(port);
  client.send(
    `POST ${PATH} HTTP/1.1\r\nHost: gateway\r\nContent-Length: ${BYTES_MAX + 1}\r\nExpect: 100-continue\r\n\r\n`,
  );
  t.equal((await client.response()).status, 413);
  client.destroy();
});

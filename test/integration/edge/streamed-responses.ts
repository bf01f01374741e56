// Streams reach the client byte for byte, whatever the sizes in which they are written and read, and as few packets
// as can be. On both engines.
import { createHash, randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import type { Client, Engine } from '../../../src/core/server/engine.ts';
import { events, listen, onEachEngine } from '../../fixtures/engines.ts';
import { get, RawClient } from '../../fixtures/raw-http.ts';

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Writes these, each as one `write`, as fast as the client takes them; the last by `end`. */
async function stream(t: Test, engine: Engine, writes: readonly (readonly Uint8Array[])[]): Promise<Buffer> {
  const { port } = await listen(t, engine, (client) => {
    let next = 0;
    const go = (): void => {
      while (next < writes.length - 1) if (!client.write(writes[next++]!)) return;
      client.end(writes[next] ?? []);
    };
    client.start(200, ['content-type', 'application/octet-stream']);
    go();
    return events(t, { onWritable: go });
  });
  const client = await RawClient.open(port);
  t.teardown(() => client.destroy());
  const { headers, body } = await client.send(get('/')).response();
  t.equal(headers.get('content-type'), 'application/octet-stream');
  t.equal(client.closed, false, 'the connection stays');
  return body;
}

onEachEngine(t, 'head and first bytes come in one read', async (t, engine) => {
  for (const inTurn of [true, false]) {
    const { port } = await listen(t, engine, (client) => {
      const begin = (): void => {
        client.start(200, ['content-type', 'text/event-stream']);
        client.write([Buffer.from('data: '), Buffer.from('1'), Buffer.from('\n\n')]);
      };
      if (inTurn) begin();
      else setTimeout(begin, 10);
      return events(t, { onAborted() {} });
    });
    for (let i = 0; i < 10; i++) {
      const client = await RawClient.open(port);
      client.send(get('/'));
      await client.until(() => client.reads.length > 0);
      t.match(client.reads[0]!.toString(), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\n9\r\ndata: 1\n\n/);
      client.destroy();
    }
  }
});

onEachEngine(t, 'many small parts of one write come in one chunk', async (t, engine) => {
  const parts = Array.from({ length: 100 }, (_, i) => Buffer.from(`data: ${i}\n\n`));
  const { port } = await listen(t, engine, (client) => {
    client.start(200, []);
    client.write(parts);
    return events(t, { onAborted() {} });
  });
  const client = await RawClient.open(port);
  client.send(get('/'));
  await client.until(() => client.reads.length > 0);
  const whole = Buffer.concat(parts);
  t.ok(client.reads[0]!.includes(`\r\n\r\n${whole.length.toString(16)}\r\n${whole}`));
  client.destroy();
});

onEachEngine(t, 'one large part', async (t, engine) => {
  const bytes = randomBytes(1024 * 1024 + 17);
  t.equal(digest(await stream(t, engine, [[bytes], []])), digest(bytes));
  t.equal(digest(await stream(t, engine, [[bytes]])), digest(bytes), 'by `end` alone');
});

onEachEngine(t, 'many tiny parts', async (t, engine) => {
  const bytes = randomBytes(200_000);
  const parts = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
  t.equal(digest(await stream(t, engine, [parts])), digest(bytes));
});

onEachEngine(t, 'sizes around the edges of a slice', async (t, engine) => {
  const sizes = [15_359, 15_360, 15_361, 16_383, 16_384, 16_385, 30_720, 1, 0, 15_000, 2_000];
  const parts = sizes.map((size) => randomBytes(size));
  t.equal(digest(await stream(t, engine, [parts])), digest(Buffer.concat(parts)), 'in one write');
  const writes = parts.map((part) => [part]);
  t.equal(digest(await stream(t, engine, writes)), digest(Buffer.concat(parts)), 'in one each');
});

onEachEngine(t, 'nothing at all', async (t, engine) => {
  t.equal((await stream(t, engine, [[]])).length, 0);
  t.equal((await stream(t, engine, [[], [], [Buffer.alloc(0)], []])).length, 0);
});

onEachEngine(t, 'a head that fills a slice by itself', async (t, engine) => {
  const { port } = await listen(t, engine, (client) => {
    client.start(200, ['x-long', 'x'.repeat(15_200)]);
    client.end([Buffer.alloc(100_000, 'y')]);
    return events(t, {});
  });
  const client = await RawClient.open(port);
  t.teardown(() => client.destroy());
  const { headers, body } = await client.send(get('/')).response();
  t.equal(headers.get('x-long')?.length, 15_200);
  t.equal(body.toString(), 'y'.repeat(100_000));
});

onEachEngine(t, 'to HEAD only the head', async (t, engine) => {
  const { port } = await listen(t, engine, (client: Client) => {
    client.start(200, ['x-rows', '5']);
    client.write([Buffer.from('not for HEAD')]);
    client.end([Buffer.from('nor this')]);
    return events(t, {});
  });
  const client = await RawClient.open(port);
  t.teardown(() => client.destroy());
  for (let i = 0; i < 3; i++) {
    t.equal((await client.send(get('/', '', 'HEAD')).response('HEAD')).headers.get('x-rows'), '5');
  }
  t.equal(client.received.length, 0);
});

// Request bodies arrive whole and unchanged, however they are sliced and whenever they are asked for. On both engines.
import { createHash, randomBytes } from 'node:crypto';
import t from 'tap';
import type { Accept } from '../../../src/core/server/engine.ts';
import { events, listen, onEachEngine } from '../../fixtures/engines.ts';
import { post, RawClient } from '../../fixtures/raw-http.ts';

const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** When the body is asked for: while the head is dealt with, soon after, or when much of it waits in the socket. */
const ASK: Readonly<Record<string, (ask: () => void) => unknown>> = {
  'at once': (ask) => ask(),
  'in a microtask': (ask) => Promise.resolve().then(ask),
  'one turn later': (ask) => setImmediate(ask),
  'after a look-up': (ask) => setTimeout(ask, 30),
};

const SIZES = [0, 1, 16 * 1024, 600_001, 5 * 1024 * 1024];

function slices(bytes: Buffer): Buffer[] {
  const sliced: Buffer[] = [];
  for (let at = 0, size = 1; at < bytes.length; size = (size * 7 + 3) % 70_001) {
    sliced.push(bytes.subarray(at, at + size));
    at += size;
  }
  return sliced;
}

for (const [when, ask] of Object.entries(ASK)) {
  onEachEngine(t, `asked for ${when}`, async (t, engine) => {
    const accept: Accept = (client) => {
      ask(() => client.readBody(8 * 1024 * 1024));
      return events(t, {
        onBody: (body) => client.respond(200, [], [Buffer.from(`${body.length} ${digest(body)}`)]),
      });
    };
    const { port } = await listen(t, engine, accept);
    const client = await RawClient.open(port);
    t.teardown(() => client.destroy());
    for (const size of SIZES) {
      const body = randomBytes(size);
      const expected = `${size} ${digest(body)}`;
      const request = post('/', body);
      t.equal((await client.send(request).response()).body.toString(), expected, `${size} bytes at once`);
      for (const slice of slices(request)) {
        client.send(slice);
        await new Promise((resolve) => setImmediate(resolve));
      }
      t.equal((await client.response()).body.toString(), expected, `${size} bytes in slices`);
    }
  });
}

onEachEngine(t, 'the body is not told of before the request has been accepted', async (t, engine) => {
  const { port } = await listen(t, engine, (client) => {
    let accepted = false;
    client.readBody(1_000);
    const told = events(t, {
      onBody() {
        t.equal(accepted, true);
        client.respond(200, [], []);
      },
      onBodyRejected(code) {
        t.equal(accepted, true);
        t.equal(code, 'body_too_large');
        client.respond(413, [], []);
      },
    });
    accepted = true;
    return told;
  });
  for (const [bytes, expected] of [
    [0, 200],
    [1_000, 200],
    [1_001, 413],
  ] as const) {
    const client = await RawClient.open(port);
    t.equal((await client.send(post('/', 'x'.repeat(bytes))).response()).status, expected);
    client.destroy();
  }
});

onEachEngine(t, 'a client that waits for leave gets it when its body is asked for', async (t, engine) => {
  const { port } = await listen(t, engine, (client) => {
    setImmediate(() => client.readBody(100));
    return events(t, { onBody: (body) => client.respond(200, [], [body]) });
  });
  const client = await RawClient.open(port);
  t.teardown(() => client.destroy());
  client.send('POST / HTTP/1.1\r\nHost: gateway\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n');
  await client.until(() => client.received.includes('100 Continue'));
  t.equal((await client.send('hello').response()).body.toString(), 'hello');
});

// A response that comes before the request body is complete: the client gets to read it, no event follows it, and the
// connection is either in order for the next request or closed. On both engines.
import { once } from 'node:events';
import t, { type Test } from 'tap';
import type { Accept } from '../../../src/core/server/engine.ts';
import { events, listen, onEachEngine } from '../../fixtures/engines.ts';
import { get, post, RawClient } from '../../fixtures/raw-http.ts';

const REFUSE: Readonly<Record<string, (respond: () => void) => unknown>> = {
  'at once': (respond) => respond(),
  'after a look-up': (respond) => setTimeout(respond, 20),
};

for (const [when, refuse] of Object.entries(REFUSE)) {
  const accept =
    (t: Test): Accept =>
    (client) => {
      refuse(() => client.respond(401, ['x-why', 'token'], [Buffer.from('{"error":1}')]));
      // Any event would fail the test: there is nothing left to tell.
      return events(t, {});
    };

  onEachEngine(t, `refused ${when}, the body in the packet of its head`, async (t, engine) => {
    const { port } = await listen(t, engine, accept(t));
    const client = await RawClient.open(port);
    t.teardown(() => client.destroy());
    for (let i = 0; i < 5; i++) {
      const { status, headers, body } = await client.send(post('/', 'x'.repeat(i * 500))).response();
      t.equal(status, 401);
      t.equal(headers.get('x-why'), 'token');
      t.equal(JSON.parse(body.toString()).error, 1);
      t.equal(
        headers.has('connection') && headers.get('connection') === 'close',
        false,
        'it can be used again',
      );
    }
  });

  onEachEngine(t, `refused ${when}, the body after the response`, async (t, engine) => {
    const { port } = await listen(t, engine, accept(t));
    const client = await RawClient.open(port);
    const request = post('/', 'x'.repeat(200_000));
    client.send(request.subarray(0, 5_000));
    const { status, headers, body } = await client.response();
    t.equal(status, 401, 'it does not wait for the body');
    t.equal(headers.get('connection'), 'close');
    t.equal(JSON.parse(body.toString()).error, 1);
    t.equal(client.closed, false, 'the rest is let in');
    client.send(request.subarray(5_000), get('/next'));
    await client.end();
    t.equal(client.received.length, 0, 'and the next request is not served');
  });
}

onEachEngine(t, 'HEAD with a body', async (t, engine) => {
  const { port } = await listen(t, engine, (client) => {
    client.respond(404, [], [Buffer.from('nothing here')]);
    return events(t, {});
  });
  const client = await RawClient.open(port);
  client.send(get('/', 'Content-Length: 10\r\n', 'HEAD'));
  const { status, headers } = await client.response('HEAD');
  t.equal(status, 404);
  t.equal(headers.get('content-length'), '12');
  client.send('0123456789');
  await client.end();
  t.equal(client.received.length, 0);
});

onEachEngine(t, 'a client that leaves after it tells nobody', async (t, engine) => {
  let refused = (): void => {};
  const refusal = new Promise<void>((resolve) => {
    refused = resolve;
  });
  const { port } = await listen(t, engine, (client) => {
    client.respond(401, [], []);
    refused();
    return events(t, {});
  });
  const client = await RawClient.open(port);
  client.send(post('/', 'x'.repeat(200_000)).subarray(0, 100));
  await refusal;
  client.destroy();
  await once(client.socket, 'close');
  const witness = await RawClient.open(port);
  t.equal((await witness.send(get('/')).response()).status, 401);
  witness.destroy();
});

// From `stopAccepting` on, new connections are refused, those that are there are served once more and closed, and
// streams run on to their end. On both engines.
import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import type { Client } from '../../../src/core/server/engine.ts';
import { events, listen, onEachEngine } from '../../fixtures/engines.ts';
import { get, post, RawClient } from '../../fixtures/raw-http.ts';

onEachEngine(t, 'stop', async (t, engine) => {
  const streams: Client[] = [];
  const listener = await listen(t, engine, (client) => {
    if (client.head.path === '/stream') {
      client.start(200, []);
      client.write([Buffer.from('one ')]);
      streams.push(client);
    } else {
      client.readBody(1_000);
    }
    return events(t, { onBody: (body) => client.respond(200, [], [body]) });
  });
  const { port } = listener;
  const streamer = await RawClient.open(port);
  streamer.send(get('/stream'));
  await streamer.until(() => streamer.received.includes('one '));
  const poster = await RawClient.open(port);
  const request = post('/', 'hello');
  poster.send(request.subarray(0, -3));

  listener.stopAccepting();
  listener.stopAccepting();

  const refused = connect(port, '127.0.0.1');
  t.equal(((await once(refused, 'error'))[0] as NodeJS.ErrnoException).code, 'ECONNREFUSED');

  const posted = await poster.send(request.subarray(-3)).response();
  t.equal(posted.body.toString(), 'hello');
  t.equal(posted.headers.get('connection'), 'close');
  await poster.end();

  streams[0]!.write([Buffer.from('two ')]);
  streams[0]!.end([Buffer.from('three')]);
  t.equal((await streamer.response()).body.toString(), 'one two three');
  listener.close();
  await streamer.end();
});

onEachEngine(
  t,
  'a stream that begins afterwards says that its connection will be closed',
  async (t, engine) => {
    let go = (): void => {};
    const listener = await listen(t, engine, (client) => {
      go = () => {
        client.start(200, []);
        client.end([Buffer.from('whole')]);
      };
      return events(t, {});
    });
    const client = await RawClient.open(listener.port);
    client.send(get('/'));
    const witness = await RawClient.open(listener.port);
    while (go.name !== 'go') await new Promise((resolve) => setImmediate(resolve));
    listener.stopAccepting();
    go();
    const { headers, body } = await client.response();
    t.equal(headers.get('connection'), 'close');
    t.equal(body.toString(), 'whole');
    witness.destroy();
    client.destroy();
  },
);

onEachEngine(t, 'close drops everything', async (t, engine) => {
  let aborts = 0;
  let accepted = 0;
  const listener = await listen(t, engine, (client) => {
    accepted++;
    client.start(200, []);
    client.write([Buffer.from('x')]);
    return events(t, { onAborted: () => void aborts++ });
  });
  const clients = await Promise.all(Array.from({ length: 5 }, () => RawClient.open(listener.port)));
  for (const client of clients) client.send(get('/'));
  for (const client of clients) await client.until(() => client.reads.length > 0);
  listener.close();
  listener.close();
  for (const client of clients) await client.end();
  t.equal(accepted, 5);
  t.equal(aborts, 5);
});

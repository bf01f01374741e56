// A client that leaves is noticed once, whatever the exchange is busy with. On both engines.
import t, { type Test } from 'tap';
import type { Client, Engine } from '../../../src/core/server/engine.ts';
import { events, listen, onEachEngine } from '../../fixtures/engines.ts';
import { get, post, RawClient } from '../../fixtures/raw-http.ts';

/** Writes until the client has enough. */
function fill(client: Client): void {
  while (client.open && client.write([Buffer.alloc(1024 * 1024)]));
}

/** Serves one request with `begin`, lets the client do `act`, and waits until its leaving has been told. */
async function leave(
  t: Test,
  engine: Engine,
  begin: (client: Client) => void,
  act: (client: RawClient) => Promise<void>,
): Promise<void> {
  let aborts = 0;
  let aborted = (): void => {};
  const told = new Promise<void>((resolve) => {
    aborted = resolve;
  });
  let exchange: Client | undefined;
  const { port } = await listen(t, engine, (client) => {
    exchange ??= client;
    begin(client);
    return events(t, {
      onWritable: () => fill(client),
      onAborted() {
        aborts++;
        t.equal(client.open, false);
        aborted();
      },
    });
  });
  const client = await RawClient.open(port);
  await act(client);
  client.destroy();
  await told;
  // Nothing of this may throw, or count as another abort.
  exchange!.write([Buffer.from('late')]);
  exchange!.respond(200, [], []);
  exchange!.readBody(10);
  exchange!.end([Buffer.from('late')]);
  exchange!.cut([Buffer.from('late')]);
  await new Promise((resolve) => setImmediate(resolve));
  t.equal(aborts, 1);
}

onEachEngine(t, 'before the response', async (t, engine) => {
  let begun = false;
  await leave(
    t,
    engine,
    () => {
      begun = true;
    },
    async (client) => {
      client.send(get('/'));
      while (!begun) await new Promise((resolve) => setImmediate(resolve));
    },
  );
});

onEachEngine(t, 'in mid-stream', async (t, engine) => {
  await leave(
    t,
    engine,
    (client) => {
      client.start(200, ['content-type', 'text/event-stream']);
      client.write([Buffer.from('data: 1\n\n')]);
    },
    async (client) => {
      client.send(get('/'));
      await client.until(() => client.received.includes('data: 1'));
    },
  );
});

onEachEngine(t, 'in mid-stream, with bytes that it has not taken', async (t, engine) => {
  let begun = false;
  await leave(
    t,
    engine,
    (client) => {
      client.start(200, []);
      fill(client);
      begun = true;
    },
    async (client) => {
      client.socket.pause();
      client.send(get('/'));
      while (!begun) await new Promise((resolve) => setImmediate(resolve));
    },
  );
});

onEachEngine(t, 'before its body is complete', async (t, engine) => {
  let begun = false;
  await leave(
    t,
    engine,
    (client) => {
      client.readBody(1_000_000);
      begun = true;
    },
    async (client) => {
      client.send(post('/', 'x'.repeat(100_000)).subarray(0, 50_000));
      while (!begun) await new Promise((resolve) => setImmediate(resolve));
    },
  );
});

onEachEngine(t, 'by half: it has sent its request and ended its side', async (t, engine) => {
  await leave(
    t,
    engine,
    () => {},
    async (client) => {
      client.socket.end(get('/'));
      await client.end();
    },
  );
});

onEachEngine(t, 'while a second request waits behind its first', async (t, engine) => {
  const open = new Set<Client>();
  let begun = (): void => {};
  const both = new Promise<void>((resolve) => {
    begun = resolve;
  });
  let ended = (): void => {};
  const told = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const { port } = await listen(t, engine, (client) => {
    open.add(client);
    if (open.size === 2) begun();
    return events(t, {
      onAborted() {
        open.delete(client);
        if (open.size === 0) ended();
      },
    });
  });
  const client = await RawClient.open(port);
  client.send(get('/first'), get('/second'));
  // uWebSockets.js takes no second request before the first is answered, and closes the connection.
  await Promise.race([both, told]);
  client.destroy();
  await told;
  t.equal(open.size, 0);
});

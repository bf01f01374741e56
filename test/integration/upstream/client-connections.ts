// How HTTP clients towards upstreams care for their connections: one that may not work any more is not used.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { closed, FINE, OK, serve } from '../../fixtures/held-upstream.ts';
import { WatchedCall } from '../../fixtures/transport-call.ts';
import { CLIENTS, OPTIONS, TRANSPORTS } from '../../fixtures/transports.ts';

for (const name of CLIENTS) {
  t.test(name, async (t) => {
    t.test('an idle connection that its upstream closes is not used', async (t) => {
      const { whole, sockets } = await serve(t, name);
      const { socket } = await whole();
      socket.end();
      await closed(socket);
      t.match((await whole()).call, { ...FINE, attempts: 1 });
      t.equal(sockets.length, 2);
    });

    t.test('a connection that is closed just when it is to be used is not used', async (t) => {
      const { whole, send, arrived } = await serve(t, name);
      const { socket } = await whole();
      await turn();
      socket.destroy();
      const call = send();
      (await arrived(2)).socket.write(OK);
      t.match(await call.over, { ...FINE, attempts: 1 });
    });

    t.test('what comes unasked is nobody’s answer', async (t) => {
      const { whole, send, arrived } = await serve(t, name);
      const { socket } = await whole();
      await turn();
      socket.write(OK.replace('ok', 'no'));
      const call = send();
      (await arrived(2)).socket.write(OK);
      t.match(await call.over, FINE);
      await closed(socket);
    });

    t.test('an idle connection is closed in time', async (t) => {
      const { whole } = await serve(t, name, { keepAliveTimeoutMs: 50 });
      const { socket } = await whole();
      await closed(socket);
    });

    t.test(
      'a connection that is lost under a request fails the call, and nothing is sent twice',
      async (t) => {
        const { whole, send, arrived, requests } = await serve(t, name, { connectAttemptsMax: 3 });
        await whole();
        const call = send();
        (await arrived(2)).socket.destroy();
        t.match(await call.over, { result: 'reset', attempts: 1, misuse: [] });
        t.equal(requests.length, 2);
      },
    );

    t.test('closing drops the connections and fails the calls', async (t) => {
      const { transport, send, whole, arrived } = await serve(t, name, { connectionsMax: 2 });
      const { socket: idle } = await whole();
      const open = send();
      await arrived(2);
      const connecting = send();
      const waiting = send();
      await transport.close();
      t.match(await open.over, { result: 'reset', misuse: [] });
      t.ok((await connecting.over).result !== 'end');
      t.ok((await waiting.over).result !== 'end');
      t.ok((await send().over).result !== 'end');
      await closed(idle);
    });

    t.test('a connection that does not come about in time', async (t) => {
      const server = createServer(() => {});
      await once(server.listen(0, '127.0.0.1'), 'listening');
      const { port } = server.address() as AddressInfo;
      // Who waits for a TLS handshake waits in vain.
      const transport = new TRANSPORTS[name](`https://127.0.0.1:${port}`, {
        ...OPTIONS,
        connectTimeoutMs: 50,
        connectAttemptsMax: 2,
      });
      t.match(await new WatchedCall(transport).over, { result: 'connect', attempts: 2, misuse: [] });
      const aborted = new WatchedCall(transport);
      aborted.abort();
      t.match(aborted, { attempts: 1, misuse: [] });
      await transport.close();
      server.close();
    });
  });
}

// undici sends the next request behind what is left of this one.
t.test(
  'apipod: an answer before all of the request has been read: the connection is not used again',
  async (t) => {
    const { send, server, whole } = await serve(t, 'apipod');
    server.once('connection', (socket: Socket) => {
      socket.pause();
      socket.write(OK);
    });
    t.match(await send(Buffer.alloc(30_000_000)).over, { result: 'end' });
    t.match((await whole()).call, FINE);
    t.equal((await whole()).call.result, 'end');
  },
);

// What the relay counts on, whichever HTTP client is chosen: how connections are used again, limited and let go of, and
// which events come of a call.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { poll } from '../../fixtures/poll.ts';
import { WatchedCall } from '../../fixtures/transport-call.ts';
import { CLIENTS, type ClientName, OPTIONS, TRANSPORTS } from '../../fixtures/transports.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const FINE = { result: 'end', status: 200, body: 'ok', misuse: [] };

interface Arrival {
  readonly socket: Socket;
  readonly text: string;
}

/** A server that keeps whole requests until the test answers them. */
async function serve(t: Test, name: ClientName, options: Partial<typeof OPTIONS> = {}) {
  const sockets: Socket[] = [];
  const requests: Arrival[] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.push(socket);
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      const [head, body] = text.split('\r\n\r\n', 2) as [string, string?];
      if (body?.length !== Number(/content-length: (\d+)/.exec(head)?.[1])) return;
      requests.push({ socket, text });
      text = '';
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const transport = new TRANSPORTS[name](`http://127.0.0.1:${port}`, { ...OPTIONS, ...options });
  t.teardown(async () => {
    await transport.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const send = (body?: Buffer) => new WatchedCall(transport, body);
  const arrived = async (count: number): Promise<Arrival> => {
    await poll(`request ${count}`, () => (requests.length >= count ? true : undefined));
    return requests[count - 1]!;
  };
  const whole = async () => {
    const before = requests.length;
    const call = send();
    const { socket } = await arrived(before + 1);
    socket.write(OK);
    return { call: await call.over, socket };
  };
  return { transport, server, sockets, requests, send, arrived, whole };
}

const closed = (socket: Socket) => poll('the connection to close', () => (socket.closed ? true : undefined));

for (const name of CLIENTS) {
  t.test(name, async (t) => {
    t.test('the request, as it is written', async (t) => {
      const { send, arrived, server } = await serve(t, name);
      const call = send();
      const { text, socket } = await arrived(1);
      const { port } = server.address() as AddressInfo;
      t.equal(
        text,
        [
          'POST /v1/chat/completions HTTP/1.1',
          `host: 127.0.0.1:${port}`,
          'connection: keep-alive',
          'content-type: application/json',
          'content-length: 2',
          '',
          '{}',
        ].join('\r\n'),
      );
      socket.write(OK);
      t.match(await call.over, { ...FINE, attempts: 1, headers: ['content-length', '2'] });
    });

    t.test('only headers that are wanted are handed over', async (t) => {
      const { send, arrived } = await serve(t, name, { wants: (header) => header === 'x-a' });
      const call = send();
      (await arrived(1)).socket.write(OK.replace('\r\n', '\r\nX-A: B\r\nX-B: c\r\n'));
      t.match(await call.over, FINE);
      t.same(call.headers, ['x-a', 'B']);
    });

    for (const size of [100, 16_000, 400_000]) {
      t.test(`a body of ${size} bytes`, async (t) => {
        const { send, arrived, sockets } = await serve(t, name);
        for (let i = 1; i <= 2; i++) {
          const body = Buffer.alloc(size, `${i}23456789`);
          const call = send(body);
          const { text, socket } = await arrived(i);
          t.ok(text.endsWith(`\r\n\r\n${body.toString()}`));
          socket.write(OK);
          t.match(await call.over, FINE);
        }
        t.equal(sockets.length, 1);
      });
    }

    t.test('the connection that was used last is used first', async (t) => {
      const { send, arrived, sockets, whole } = await serve(t, name);
      const calls = [send(), send(), send()];
      await arrived(3);
      for (const i of [2, 0, 1]) {
        sockets[i]!.write(OK);
        await calls[i]!.over;
      }
      for (let i = 0; i < 3; i++) t.equal((await whole()).socket, sockets[1]);
    });

    t.test('calls beyond the connections wait in order, and beyond that they are refused', async (t) => {
      const { send, arrived, sockets } = await serve(t, name, { connectionsMax: 2, queueMax: 2 });
      const calls = [send(), send(), send(), send(), send()];
      t.match(await calls[4]!.over, { result: 'busy', attempts: 0, misuse: [] });
      for (let i = 1; i <= 4; i++) (await arrived(i)).socket.write(OK);
      for (const call of calls.slice(0, 4)) t.match(await call.over, { ...FINE, attempts: 1 });
      t.equal(sockets.length, 2);
    });

    t.test('a call that is aborted while it waits is never sent', async (t) => {
      const { send, arrived, requests } = await serve(t, name, { connectionsMax: 1 });
      const first = send();
      const second = send();
      const third = send();
      second.abort();
      for (let i = 1; i <= 2; i++) (await arrived(i)).socket.write(OK);
      t.match([await first.over, await third.over], [FINE, FINE]);
      t.equal(requests.length, 2);
      t.match(second, { attempts: 0, result: undefined, misuse: [] });
    });

    t.test('a call that is aborted loses its connection, and no event follows', async (t) => {
      const { send, arrived, whole, requests } = await serve(t, name, { connectionsMax: 1 });
      for (const answer of ['', OK.slice(0, 20), OK.slice(0, -1)]) {
        const call = send();
        const { socket } = await arrived(requests.length + 1);
        socket.write(answer);
        if (answer.includes('\r\n\r\n')) await poll('the head', () => (call.status > 0 ? true : undefined));
        call.abort();
        call.abort();
        await closed(socket);
        t.match(call, { result: undefined, misuse: [] });
        const next = await whole();
        t.match(next.call, FINE, 'its place is free');
      }
    });

    t.test('a call that is aborted in its first event', async (t) => {
      const { transport, arrived, whole } = await serve(t, name);
      let chunks = 0;
      const call = transport.send(
        { method: 'POST', path: '/', headers: [], body: Buffer.from('{}') },
        {
          onAttempt() {},
          onHead: () => call.abort(),
          onChunk: () => ++chunks > 0,
          onEnd: () => chunks++,
          onFailed: () => chunks++,
        },
      );
      const { socket } = await arrived(1);
      socket.write(OK);
      await closed(socket);
      t.match((await whole()).call, FINE);
      t.equal(chunks, 0);
    });

    t.test('a receiver that takes nothing holds the upstream back', async (t) => {
      const SIZE = 30_000_000;
      const { send, arrived } = await serve(t, name);
      const call = send();
      call.takes = false;
      const { socket } = await arrived(1);
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${SIZE}\r\n\r\n`);
      socket.write(Buffer.alloc(SIZE, 'x'));
      await poll('the first chunk', () => (call.body.length > 0 ? true : undefined));
      const taken = call.body.length;
      for (let i = 0; i < 50; i++) await turn();
      t.equal(call.body.length, taken, 'nothing more comes');
      t.ok(socket.writableLength > 0, 'it waits at the other end');
      call.call.resume();
      await poll('the second chunk', () => (call.body.length > taken ? true : undefined));
      call.takes = true;
      call.call.resume();
      t.match(await call.over, { result: 'end', misuse: [] });
      t.equal(call.body.length, SIZE);
    });

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

    t.test(
      'an answer before all of the request has been read: the connection is not used again',
      async (t) => {
        const { send, server, whole } = await serve(t, name);
        server.once('connection', (socket: Socket) => {
          socket.pause();
          socket.write(OK);
        });
        t.match(await send(Buffer.alloc(30_000_000)).over, { result: 'end' });
        t.match((await whole()).call, FINE);
        t.equal((await whole()).call.result, 'end');
      },
    );

    t.test('garbage is no answer', async (t) => {
      const { send, arrived } = await serve(t, name);
      const call = send();
      const { socket } = await arrived(1);
      socket.write('SSH-2.0-OpenSSH\r\n');
      t.match(await call.over, { result: 'protocol', misuse: [] });
      await closed(socket);
    });

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

t.test('apipod: what is not one request is not sent', async (t) => {
  const { transport, requests } = await serve(t, 'apipod');
  const events = new Proxy({} as WatchedCall, { get: () => () => t.fail('an event') });
  const good = { method: 'POST', path: '/', headers: ['a', 'b'], body: Buffer.alloc(0) } as const;
  const bad = [
    { path: '/ HTTP/1.1\r\nx: y' },
    { path: 'http://elsewhere/' },
    { path: '/\u010a' },
    { headers: ['a', 'b\r\nc: d'] },
    { headers: ['a', 'b\u010ac'] },
    { headers: ['a', '\0'] },
    { headers: ['a b', 'c'] },
    { headers: ['', 'c'] },
    { headers: ['Content-Length', '5'] },
    { headers: ['transfer-encoding', 'chunked'] },
  ];
  for (const part of bad)
    t.throws(() => transport.send({ ...good, headers: [...good.headers], ...part }, events), TypeError);
  t.equal(requests.length, 0);
});

// What the relay counts on, whichever HTTP client is chosen: what is sent, and which events come of a call.

import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import t from 'tap';
import { closed, FINE, OK, serve } from '../../fixtures/held-upstream.ts';
import { poll } from '../../fixtures/poll.ts';
import type { WatchedCall } from '../../fixtures/transport-call.ts';
import { CLIENTS } from '../../fixtures/transports.ts';

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
          'x-request-id: test',
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
        { method: 'POST', path: '/', headers: [], body: [Buffer.from('{}')] },
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

    t.test('garbage is no answer', async (t) => {
      const { send, arrived } = await serve(t, name);
      const call = send();
      const { socket } = await arrived(1);
      socket.write('SSH-2.0-OpenSSH\r\n');
      t.match(await call.over, { result: 'protocol', misuse: [] });
      await closed(socket);
    });
  });
}

t.test('apipod: what is not one request is not sent', async (t) => {
  const { transport, requests } = await serve(t, 'apipod');
  const events = new Proxy({} as WatchedCall, { get: () => () => t.fail('an event') });
  const good = { method: 'POST', path: '/', headers: ['a', 'b'], body: [] as Buffer[] } as const;
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
  const fixed = bad.flatMap(({ headers }) => (headers === undefined ? [] : { fixedHeaders: headers }));
  for (const part of [...bad, ...fixed])
    t.throws(() => transport.send({ ...good, ...part }, events), TypeError);
  t.equal(requests.length, 0);
});

// An upstream that ends its connection while its answer is held back, because the client reads slowly: what it had
// sent still arrives, the call ends once, and the process lives.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import type { TransportFailure } from '../../../src/core/upstream/transport.ts';
import { CLIENTS, type ClientName, OPTIONS, TRANSPORTS } from '../../fixtures/transports.ts';

const BODY = 'x'.repeat(300_000);

/** One exchange; it is held back from its first chunk on, until `ended` says that the upstream has done its part. */
async function exchange(t: Test, name: ClientName, answer: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => answer(socket));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const transport = new TRANSPORTS[name](`http://127.0.0.1:${port}`, OPTIONS);
  t.teardown(async () => {
    await transport.close();
    server.close();
  });
  const connection = once(server, 'connection') as Promise<[Socket]>;
  let bytes = 0;
  const held: number[] = [];
  const result = new Promise<TransportFailure | 'end'>((resolve) => {
    const call = transport.send(
      { method: 'POST', path: '/', headers: [], body: [Buffer.from('{}')] },
      {
        onAttempt() {},
        onHead() {},
        onChunk(chunk) {
          bytes += chunk.length;
          if (held.length > 0) return true;
          held.push(bytes);
          void connection.then(async ([socket]) => {
            if (!socket.closed && !socket.writableFinished)
              await Promise.race([once(socket, 'finish'), once(socket, 'close')]);
            // Time for the end to reach the other side: a round trip over the same loopback.
            await once(createServer().listen(0).close(), 'close');
            setTimeout(() => call.resume(), 50);
          });
          return false;
        },
        onEnd: () => resolve('end'),
        onFailed: resolve,
      },
    );
  });
  return { result: await result, bytes: () => bytes };
}

for (const name of CLIENTS) {
  t.test(`${name}: a body that ends with its connection`, async (t) => {
    const { result, bytes } = await exchange(t, name, (socket) =>
      socket.end(`HTTP/1.1 200 OK\r\n\r\n${BODY}`),
    );
    t.equal(result, 'end');
    t.equal(bytes(), BODY.length);
  });

  t.test(`${name}: Connection: close`, async (t) => {
    const head = `HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${BODY.length}\r\n\r\n`;
    const { result, bytes } = await exchange(t, name, (socket) => socket.end(head + BODY));
    t.equal(result, 'end');
    t.equal(bytes(), BODY.length);
  });

  t.test(`${name}: a chunked body that breaks off`, async (t) => {
    const { result } = await exchange(t, name, (socket) =>
      socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n'),
    );
    t.match(result, { kind: 'reset' });
  });

  for (const head of [
    'HTTP/1.1 200 OK\r\n\r\n',
    'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 9\r\n\r\n',
  ]) {
    t.test(`${name}: a reset after ${JSON.stringify(head)}`, async (t) => {
      const { result } = await exchange(t, name, (socket) => {
        socket.write(`${head}abc`);
        setTimeout(() => socket.resetAndDestroy(), 20);
      });
      // undici takes a reset for the end of a body that ends with its connection; whoever reads the body can tell.
      const broken = head.includes('Length') || name === 'apipod';
      t.match(result, broken ? { kind: /^(reset|protocol)$/ } : 'end');
    });
  }
}

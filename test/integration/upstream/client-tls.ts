// Upstreams behind TLS: Node's own certificates and those of NODE_EXTRA_CA_CERTS are trusted and no others, only
// HTTP/1.1 is offered, and sessions are resumed.
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { makeCertificate, unmakeable } from '../../fixtures/certificate.ts';
import { CLIENTS, type ClientName } from '../../fixtures/transports.ts';

/** No certificate, no test. */
const skip = unmakeable;
const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL('../../fixtures/transport-program.js', import.meta.url));
const BYTES = 300_000;
const SMALL_RECORDS = 20;
const HUNG_MS = 20_000;
const HEAD = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n';

interface Seen {
  readonly servername: string | false | null;
  readonly protocol: string | false | null;
  readonly resumed: boolean;
}

/** @param closes after each answer @param records many small ones, sent together, instead of few large ones */
async function serve(t: Test, closes = false, names = 'DNS:localhost,IP:127.0.0.1', records = false) {
  const { key, cert, file } = makeCertificate(t, names)!;
  const seen: Seen[] = [];
  const server = createServer({ key, cert, ALPNProtocols: ['h2', 'http/1.1'] }, (socket: TLSSocket) => {
    seen.push({
      servername: (socket as TLSSocket & { servername: string | false | null }).servername,
      protocol: socket.alpnProtocol,
      resumed: socket.isSessionReused(),
    });
    socket.on('error', () => {});
    socket.on('data', () => {
      if (records) {
        socket.cork();
        socket.write(`${HEAD}\r\n`);
        for (let i = 0; i < SMALL_RECORDS; i++) socket.write(`400\r\n${'x'.repeat(0x400)}\r\n`);
        socket.write('0\r\n\r\n');
        process.nextTick(() => socket.uncork());
        return;
      }
      const chunk = `${(BYTES / 100).toString(16)}\r\n${'x'.repeat(BYTES / 100)}\r\n`;
      socket.write(`${HEAD}${closes ? 'Connection: close\r\n' : ''}\r\n${chunk.repeat(100)}0\r\n\r\n`);
    });
  });
  await once(server.listen(0), 'listening');
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const ask = async (name: ClientName, host: string, trust = true, pace = 'at once') => {
    const env = { PATH: process.env.PATH, ...(trust && { NODE_EXTRA_CA_CERTS: file }) };
    const { stdout } = await run(process.execPath, [PROGRAM, name, `https://${host}:${port}`, '3', pace], {
      env,
      timeout: HUNG_MS,
    });
    return JSON.parse(stdout) as object[];
  };
  return { ask, seen };
}

const FINE = { status: 200, bytes: BYTES, result: 'end', attempts: 1, misuse: [] };

for (const name of CLIENTS) {
  t.test(`${name}: one connection for all, by name`, { skip }, async (t) => {
    const { ask, seen } = await serve(t);
    t.match(await ask(name, 'localhost'), [FINE, FINE, FINE]);
    t.same(seen, [{ servername: 'localhost', protocol: 'http/1.1', resumed: false }]);
  });

  t.test(`${name}: an address is no server name`, { skip }, async (t) => {
    const { ask, seen } = await serve(t);
    t.match(await ask(name, '127.0.0.1'), [FINE, FINE, FINE]);
    t.match(seen, [{ servername: false, protocol: 'http/1.1' }]);
  });

  t.test(`${name}: the next connection resumes the session`, { skip }, async (t) => {
    const { ask, seen } = await serve(t, true);
    t.match(await ask(name, 'localhost'), [FINE, FINE, FINE]);
    t.match(seen, [{ resumed: false }, { resumed: true }, { resumed: true }]);
  });

  t.test(
    `${name}: an answer whose end comes while it is held back leaves the connection as it was`,
    { skip },
    async (t) => {
      const { ask, seen } = await serve(t, false, undefined, true);
      const fine = { ...FINE, bytes: SMALL_RECORDS * 0x400 };
      t.match(await ask(name, 'localhost', true, 'slowly'), [fine, fine, fine]);
      t.equal(seen.length, 1);
    },
  );

  t.test(`${name}: a certificate that nobody trusts`, { skip }, async (t) => {
    const { ask } = await serve(t);
    const refused = {
      status: 0,
      bytes: 0,
      result: 'connect',
      attempts: 2,
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    };
    t.match(await ask(name, 'localhost', false), [refused, refused, refused]);
  });
}

// undici says nothing about such a call, ever (7.30.2).
t.test('apipod: a certificate of another name', { skip }, async (t) => {
  const { ask } = await serve(t, false, 'DNS:elsewhere.test');
  const refused = { result: 'connect', attempts: 2, code: 'ERR_TLS_CERT_ALTNAME_INVALID' };
  t.match(await ask('apipod', 'localhost'), [refused, refused, refused]);
});

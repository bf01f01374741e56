// A head that can be read in two ways is refused, and nothing that hides behind it is served, on both engines.
import t from 'tap';
import { chat } from '../../../src/core/dialects/openai.ts';
import { onEachEngine, route, serve } from '../../fixtures/engines.ts';
import { get, post, RawClient } from '../../fixtures/raw-http.ts';

const PATH = '/v1/chat/completions';
const LINE = `POST ${PATH} HTTP/1.1\r\nHost: gateway\r\n`;
const SMUGGLED = post('/smuggled', 'prize');

/** The request is well framed; the gateway must say what is wrong with it. */
const TOLD: Readonly<Record<string, [head: string, code: string]>> = {
  'Authorization twice': ['Authorization: Bearer a\r\nAuthorization: Bearer b\r\n', 'given twice'],
  'the same Authorization twice': ['Authorization: Bearer a\r\nAuthorization: Bearer a\r\n', 'given twice'],
  'x-api-key twice': ['x-api-key: a\r\nX-Api-Key: b\r\n', 'given twice'],
  'x-admin-secret twice': ['x-admin-secret: a\r\nx-admin-secret: b\r\n', 'given twice'],
  'Content-Type twice': ['Content-Type: a/b\r\nContent-Type: c/d\r\n', 'given twice'],
  'Content-Encoding twice': ['Content-Encoding: gzip\r\nContent-Encoding: br\r\n', 'given twice'],
};

for (const [name, [headers, words]] of Object.entries(TOLD)) {
  onEachEngine(t, `${name}: 400 in the route's dialect, and the connection is closed`, async (t, engine) => {
    const { port } = await serve(t, engine);
    const client = await RawClient.open(port);
    const { status, headers: sent, body } = await client.send(post(PATH, '{}', headers)).response();
    t.equal(status, 400);
    t.equal(sent.get('connection'), 'close');
    t.match(JSON.parse(body.toString()), { error: { type: 'invalid_request_error', message: words } });
    await client.end();
  });
}

/** The framing is in doubt: 400, or the connection is closed without a word. */
const DOUBTED: Readonly<Record<string, string>> = {
  'Content-Length twice, unequal': 'Content-Length: 4\r\nContent-Length: 0\r\n\r\n',
  'Content-Length twice, equal': 'Content-Length: 0\r\nContent-Length: 0\r\n\r\n',
  'Content-Length empty': 'Content-Length:\r\n\r\n',
  'Content-Length with a sign': 'Content-Length: +4\r\n\r\n',
  'Content-Length negative': 'Content-Length: -1\r\n\r\n',
  'Content-Length in hex': 'Content-Length: 0x4\r\n\r\n',
  'Content-Length as a list': 'Content-Length: 4, 4\r\n\r\n',
  'Content-Length beyond all numbers': 'Content-Length: 99999999999999999999\r\n\r\n',
  'Content-Length and Transfer-Encoding': 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'Transfer-Encoding and Content-Length': 'Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n',
  'Transfer-Encoding twice': 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'Transfer-Encoding gzip': 'Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n',
  'Transfer-Encoding gzip, chunked': 'Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n',
  'Transfer-Encoding xchunked': 'Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n',
  'Transfer-Encoding identity': 'Transfer-Encoding: identity\r\n\r\n',
  'an empty header name that hides a length': ': x\r\nContent-Length: 4\r\n\r\n',
  'no length at all': '\r\n',
  'a blank before the colon': 'Content-Length : 4\r\n\r\n',
  'a folded line': 'X-Folded: a\r\n Content-Length: 4\r\n\r\n',
  'NUL in a value': 'X-Nul: a\0b\r\nContent-Length: 0\r\n\r\n',
  'bare LF': 'X-Lf: a\nContent-Length: 0\r\n\r\n',
};

for (const chunkedAllowed of [false, true]) {
  for (const [name, headers] of Object.entries(DOUBTED)) {
    const title = `${name}${chunkedAllowed ? ', chunked requests allowed' : ''}: nothing behind it is served`;
    onEachEngine(t, title, async (t, engine) => {
      const served: string[] = [];
      const note = route('/*', chat, ['GET', 'POST'], {
        onHead(exchange) {
          served.push(exchange.client.head.path);
          exchange.respond(200, 'served');
        },
      });
      const { port } = await serve(t, engine, [note], { chunkedAllowed });
      const client = await RawClient.open(port);
      t.teardown(() => client.destroy());
      const witness = await RawClient.open(port);
      t.teardown(() => witness.destroy());
      // Once at the end of the same packet, and once in a packet of its own. Some heads are never answered: that the
      // server has dealt with them shows in its answers to somebody else.
      for (const packet of [Buffer.concat([Buffer.from(LINE + headers), SMUGGLED]), SMUGGLED]) {
        client.send(packet);
        for (let i = 0; i < 3; i++) await witness.send(get('/witness')).response();
      }
      t.same([...new Set(served)], ['/witness']);
      const answer = client.received.toString();
      t.match(answer, /^($|HTTP\/1\.1 4(00|11) )/);
      t.equal(answer.split('HTTP/1.1 ').length <= 2, true, 'one answer at most');
    });
  }
}

onEachEngine(t, 'a head over the limit', async (t, engine) => {
  const { port } = await serve(t, engine);
  const client = await RawClient.open(port);
  client.send(post(PATH, '{}', `X-Filler: ${'x'.repeat(64 * 1024)}\r\n`));
  await client.end();
  t.match(client.received.toString(), /^HTTP\/1\.1 431 /);
});

onEachEngine(t, 'a head below the limit in many packets', async (t, engine) => {
  // uWebSockets.js 20.30 cannot be told its limit: there it is 4,096 bytes, unless the head comes in one packet.
  const bytes = engine.name === 'uws 20.30' ? 3_500 : 24_000;
  const { port } = await serve(t, engine);
  const client = await RawClient.open(port);
  t.teardown(() => client.destroy());
  const request = post(PATH, '{}', `X-Filler: ${'x'.repeat(bytes)}\r\n`);
  for (let at = 0; at < request.length; at += 1_000) {
    client.send(request.subarray(at, at + 1_000));
    await new Promise((resolve) => setImmediate(resolve));
  }
  t.equal((await client.response()).status, 200);
});

// The edge answers what cannot be served, and starts nothing any more once the worker is about to leave.
import t from 'tap';
import { messages } from '../../../src/core/dialects/anthropic.ts';
import { createEdge } from '../../../src/core/edge.ts';
import type { Exchange, Handler } from '../../../src/core/exchange.ts';
import { FakeClient } from '../../fixtures/client.ts';

function send(client: FakeClient, closing: boolean) {
  const begun: Exchange[] = [];
  const handler: Handler = {
    onHead: (exchange) => begun.push(exchange),
    onBody() {},
    onResponse() {},
    onChunk() {},
    onDone() {},
  };
  const open = new Set<Exchange>();
  const surroundings = { bodyBytesMax: 1, bodyTimeoutMs: 1, open, closing, report() {} };
  client.events = createEdge(
    [{ path: '/v1/messages', api: messages, handlers: { POST: handler } }],
    surroundings,
  )(client);
  return { begun: begun.length, open: open.size };
}

t.test('a request that comes when the worker is about to leave', async (t) => {
  const client = new FakeClient('POST', '/v1/messages');
  t.same(send(client, true), { begun: 0, open: 0 });
  t.equal(client.status, 503);
  t.match(JSON.parse(client.text), { type: 'error', error: { type: 'overloaded_error' } });
});

t.test('a request id is kept if it can be', async (t) => {
  for (const [sent, kept] of [
    ['req-1.2:3_4', true],
    ['a b', false],
    ['x'.repeat(129), false],
    ['', false],
  ] as const) {
    const client = new FakeClient('POST', '/nowhere', { 'x-request-id': sent });
    send(client, false);
    const id = client.headers[client.headers.indexOf('x-request-id') + 1];
    t.equal(id === sent, kept, sent.slice(0, 20));
    t.ok(id);
  }
});

t.test('a body that is announced as too large is refused before it is read', async (t) => {
  const client = new FakeClient('PUT', '/v1/messages', { 'content-length': '2' });
  t.same(send(client, false), { begun: 0, open: 0 });
  t.equal(client.status, 413);
  t.notOk(client.bodyAsked);
});

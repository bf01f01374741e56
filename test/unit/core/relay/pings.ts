// While an upstream is silent, the client of a stream is sent signs of life, and nothing else changes for it.
import t from 'tap';
import { messages } from '../../../../src/core/dialects/anthropic.ts';
import { PING_INTERVAL_MS, relayed, settled } from '../../../fixtures/relayed.ts';

const PING = ': ping\n\n';
const SSE = 'text/event-stream';
const delta = 'data: {"choices":[{"delta":{"content":"hi"}}]}\n\n';
const rest = 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';

t.test('before the first event and between two, as often as the setting says', async (t) => {
  const { client, upstream, exchange, pass } = relayed();
  upstream.head(200, SSE);
  pass(PING_INTERVAL_MS - 1_000);
  t.equal(client.text, '', 'not yet');
  pass(1_000);
  t.equal(client.text, PING);
  t.equal(exchange.firstByteAt, 0, 'a ping is no first byte of the answer');
  pass(PING_INTERVAL_MS - 1);
  t.equal(client.text, PING, 'not again so soon');
  pass(1);
  t.equal(client.text, PING + PING);
  upstream.chunk(delta);
  await settled();
  pass(1);
  pass(PING_INTERVAL_MS - 1);
  t.equal(client.text, PING + PING + delta, 'the time runs from the last bytes');
  pass(1);
  upstream.chunk(rest);
  upstream.end();
  await settled();
  t.equal(client.text, PING + PING + delta + PING + rest);
  t.match(client, { status: 200, ended: 'ended', misuse: [] });
  t.equal(exchange.outcome, 'completed');
});

t.test('as an event on the Anthropic side', async (t) => {
  const { client, upstream, pass } = relayed({ api: messages });
  upstream.head(200, SSE);
  pass(PING_INTERVAL_MS);
  t.equal(client.text, 'event: ping\ndata: {"type":"ping"}\n\n');
});

t.test('never in the middle of an event', async (t) => {
  const { client, upstream, pass } = relayed();
  upstream.head(200, SSE);
  const long = `data: {"choices":[{"delta":{"content":"${'x'.repeat(100_000)}`;
  upstream.chunk(long);
  await settled();
  t.equal(client.text, long, 'its beginning is too long to be held back');
  pass(1);
  pass(PING_INTERVAL_MS);
  t.equal(client.text, long);
  upstream.chunk('"}}]}\n\n');
  await settled();
  pass(1);
  pass(PING_INTERVAL_MS);
  t.equal(client.text, `${long}"}}]}\n\n${PING}`);
});

t.test('not in a JSON answer, nor where none was asked for, nor when it is turned off', async (t) => {
  const json = relayed({ stream: false });
  json.pass(PING_INTERVAL_MS);
  json.upstream.head(200, 'application/json');
  json.pass(PING_INTERVAL_MS);
  t.equal(json.client.status, 0);

  const off = relayed({ limits: { pingIntervalMs: 0 } });
  off.pass(PING_INTERVAL_MS * 10);
  off.upstream.head(200, SSE);
  off.pass(PING_INTERVAL_MS * 10);
  t.equal(off.client.status, 0);
});

t.test('not while the client reads too slowly', async (t) => {
  const { client, upstream, pass } = relayed();
  upstream.head(200, SSE);
  client.takes = false;
  upstream.chunk(delta);
  await settled();
  pass(1);
  pass(PING_INTERVAL_MS * 2);
  t.equal(client.text, delta);
  t.same(client.misuse, []);
});

t.test('before the upstream has answered at all', async (t) => {
  t.test('and then it streams', async (t) => {
    const { client, upstream, exchange, pass } = relayed();
    pass(PING_INTERVAL_MS);
    t.match(client, { status: 200, text: PING });
    t.match(client.headers.join(), /content-type,text\/event-stream/);
    upstream.head(200, SSE);
    upstream.chunk(delta + rest);
    upstream.end();
    await settled();
    t.equal(client.text, PING + delta + rest);
    t.match(client, { ended: 'ended', misuse: [] });
    t.match(exchange, { outcome: 'completed', status: 200, streaming: true });
  });

  t.test('and then it refuses: an error event with its message, and the connection is cut', async (t) => {
    const { client, upstream, exchange, pass } = relayed();
    pass(PING_INTERVAL_MS);
    upstream.head(429, 'application/json');
    upstream.chunk('{"error":{"message":"Slow down.","type":"requests","code":"rate_limit_exceeded"}}');
    upstream.end();
    await settled();
    const error = {
      message: 'Slow down.',
      type: 'rate_limit_error',
      param: null,
      code: 'rate_limit_exceeded',
    };
    t.equal(client.text, `${PING}data: ${JSON.stringify({ error })}\n\n`);
    t.match(client, { ended: 'cut', misuse: [] });
    t.match(exchange, { outcome: 'upstream_failed', status: 200, account: { countSource: 'none' } });
  });

  t.test('and then no stream comes', async (t) => {
    const { client, upstream, exchange, pass } = relayed();
    pass(PING_INTERVAL_MS);
    upstream.head(200, 'application/json');
    t.match(client, { ended: 'cut', misuse: [] });
    t.match(client.text, /"code":"upstream_invalid"/);
    t.equal(upstream.open, 0);
    t.equal(exchange.outcome, 'upstream_failed');
  });

  t.test('and then the connection is lost', async (t) => {
    const { client, upstream, exchange, pass } = relayed();
    pass(PING_INTERVAL_MS);
    upstream.do((events) => events.onFailed({ kind: 'reset', cause: undefined }), true);
    t.match(client, { ended: 'cut', misuse: [] });
    t.match(client.text, /"code":"upstream_failed"/);
    t.equal(exchange.outcome, 'upstream_failed');
  });

  t.test('and then it says no more than that it will stream: a ping is no answer, and free', async (t) => {
    const { client, upstream, exchange, pass } = relayed();
    pass(PING_INTERVAL_MS);
    upstream.head(200, SSE);
    upstream.do((events) => events.onFailed({ kind: 'reset', cause: undefined }), true);
    t.match(client, { ended: 'cut', misuse: [] });
    t.match(exchange, { outcome: 'upstream_failed', account: { countSource: 'none', tokens: { input: 0 } } });
  });
});

t.test('not behind the last event', async (t) => {
  const { client, upstream, pass } = relayed();
  upstream.head(200, SSE);
  upstream.chunk(delta + rest);
  await settled();
  pass(1);
  pass(PING_INTERVAL_MS * 2);
  t.equal(client.text, delta + rest);
});

t.test('one that the client does not take is no reason to cut it before its time', async (t) => {
  const { client, upstream, exchange, pass } = relayed({ limits: { stallTimeoutMs: 1_000 } });
  upstream.head(200, SSE);
  client.takes = false;
  pass(PING_INTERVAL_MS);
  pass(500);
  t.notOk(exchange.ended, 'it has only just been sent something');
  pass(600);
  pass(600);
  t.equal(exchange.outcome, 'client_aborted');
});

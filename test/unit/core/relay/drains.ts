// A client that leaves: where its plan asks for it, the upstream is read on for a while, for the sake of its count.
import t from 'tap';
import { messages } from '../../../../src/core/dialects/anthropic.ts';
import { chat, embeddings } from '../../../../src/core/dialects/openai.ts';
import { responses } from '../../../../src/core/dialects/responses.ts';
import { ProxyError } from '../../../../src/core/errors.ts';
import { DirectCall } from '../../../../src/core/relay/call.ts';
import { TranslatedCall } from '../../../../src/core/translate/call.ts';
import { chatMessages } from '../../../../src/core/translate/chat_messages/translation.ts';
import { PROMPT_ESTIMATE, type RelayedSketch, relayed, settled } from '../../../fixtures/relayed.ts';

const DRAIN_MS = 30_000;
const SSE = 'text/event-stream';
const JSON_TYPE = 'application/json';
const delta = (content: string) => `data: {"choices":[{"delta":{"content":"${content}"}}]}\n\n`;
const finish = 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n';
const usage = 'data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":50}}\n\n';
const done = 'data: [DONE]\n\n';

const draining = (sketch: RelayedSketch = {}) => relayed({ plan: { drainMs: DRAIN_MS }, ...sketch });

/** A client that has left in the middle of its stream. */
async function left(sketch?: RelayedSketch) {
  const begun = draining(sketch);
  begun.upstream.head(200, SSE);
  begun.upstream.chunk(delta('one two three four.'));
  await settled();
  begun.client.leave();
  return begun;
}

t.test('by default the upstream is cancelled, and our own count stands', async (t) => {
  const { exchange, upstream } = await left({ plan: { drainMs: 0 } });
  t.equal(upstream.open, 0);
  t.match(exchange, { outcome: 'client_aborted', status: 200 });
  await exchange.counting;
  t.match(exchange.account, { countSource: 'observed', tokens: { input: PROMPT_ESTIMATE, output: 5 } });
});

t.test('the upstream ends in time: what it reports is charged', async (t) => {
  const { client, exchange, upstream } = await left();
  t.match(exchange, { ended: false, clientGone: true });
  t.equal(upstream.open, 1);
  upstream.chunk(delta('five six seven eight.') + finish + usage + done);
  await settled();
  t.match(exchange, { outcome: 'client_aborted', status: 200, error: undefined });
  const { account } = exchange;
  t.match(account, { countSource: 'reported', tokens: { input: 7, output: 50 } });
  t.match(account.counts, { reportedOutput: 50, observedOutput: 10, deliveredOutput: 24 });
  t.equal(exchange.counting, undefined);
  t.match(client, { text: delta('one two three four.'), misuse: [] });
});

t.test('a plan that charges what was delivered learns the true count, and charges its part', async (t) => {
  const { exchange, upstream } = await left({ plan: { drainMs: DRAIN_MS, countBasis: 'delivered' } });
  upstream.chunk(delta('five six seven eight.') + finish + usage + done);
  await settled();
  await exchange.counting;
  t.match(exchange.account, { countSource: 'delivered', tokens: { input: 7, output: 24 } });
  t.match(exchange.account.counts, { reportedOutput: 50, deliveredOutput: 24 });
});

t.test('it leaves before the head', async (t) => {
  const { client, exchange, upstream } = draining();
  client.leave();
  upstream.head(200, SSE);
  upstream.chunk(delta('one two') + finish + usage + done);
  await settled();
  t.match(exchange, { outcome: 'client_aborted', status: 499, firstByteAt: 0, responding: false });
  t.match(exchange.account, {
    countSource: 'reported',
    tokens: { output: 50 },
    counts: { deliveredOutput: 0 },
  });
  t.match(client, { status: 0, misuse: [] });
});

t.test('it leaves a JSON answer, which is read to its end', async (t) => {
  const { client, exchange, upstream } = draining({ stream: false });
  client.leave();
  upstream.head(200, JSON_TYPE);
  upstream.chunk('{"choices":[{"message":{"content":"Hello."}}],');
  await settled();
  t.notOk(exchange.ended);
  upstream.chunk('"usage":{"prompt_tokens":7,"completion_tokens":2}}');
  upstream.end();
  await settled();
  t.match(exchange, { outcome: 'client_aborted', status: 499 });
  t.match(exchange.account, { countSource: 'reported', tokens: { input: 7, output: 2 } });
  t.equal(upstream.open, 0);
});

t.test('it leaves while it is waited for: the upstream is no longer held back', async (t) => {
  const { client, exchange, upstream } = draining();
  upstream.head(200, SSE);
  client.takes = false;
  upstream.chunk(delta('one'));
  await settled();
  upstream.do((events) => events.onChunk(Buffer.from(delta('two'))));
  await settled();
  t.notOk(upstream.resumed);
  client.leave();
  t.ok(upstream.resumed);
  upstream.chunk(finish + usage + done);
  await settled();
  t.match(exchange, {
    outcome: 'client_aborted',
    account: { countSource: 'reported', tokens: { output: 50 } },
  });
  t.match(exchange, { textBytes: 6, deliveredTextBytes: 3 });
});

t.test('and all has come already: it ends at once', async (t) => {
  const { client, exchange, upstream } = draining();
  upstream.head(200, SSE);
  client.takes = false;
  upstream.chunk(delta('one'));
  await settled();
  upstream.chunk(delta('two') + finish + usage + done);
  upstream.end();
  await settled();
  t.notOk(exchange.ended);
  client.leave();
  t.match(exchange, {
    outcome: 'client_aborted',
    account: { countSource: 'reported', tokens: { output: 50 } },
  });
});

t.test('a client that takes nothing any more is cut, and its upstream is drained too', async (t) => {
  const { client, exchange, upstream, pass } = draining({ limits: { stallTimeoutMs: 1_000 } });
  upstream.head(200, SSE);
  client.takes = false;
  upstream.chunk(delta('one'));
  await settled();
  pass(1);
  pass(1_001);
  t.equal(client.ended, 'cut');
  t.notOk(exchange.ended);
  t.ok(upstream.resumed);
  upstream.chunk(finish + usage + done);
  await settled();
  t.match(exchange, { outcome: 'client_aborted', account: { countSource: 'reported' } });
  t.same(client.misuse, []);
});

t.test('the time is up: the upstream is cancelled, and our own count stands', async (t) => {
  const { exchange, upstream, pass } = await left();
  pass(DRAIN_MS - 1_000);
  t.notOk(exchange.ended);
  upstream.chunk(delta('five six seven eight.'));
  await settled();
  pass(20_000);
  t.equal(upstream.open, 0);
  t.match(exchange, { outcome: 'client_aborted', status: 200, error: undefined });
  await exchange.counting;
  t.match(exchange.account, {
    countSource: 'observed',
    tokens: { input: PROMPT_ESTIMATE, output: 10 },
    counts: { reportedOutput: null, deliveredOutput: 5 },
  });
});

t.test('and before the head: the prompt is what can be known', async (t) => {
  const { client, exchange, upstream, pass } = draining();
  client.leave();
  pass(DRAIN_MS + 20_000);
  t.equal(upstream.open, 0);
  await exchange.counting;
  t.match(exchange, {
    outcome: 'client_aborted',
    status: 499,
    account: { countSource: 'observed', tokens: { input: PROMPT_ESTIMATE, output: 0 } },
  });
});

t.test('no other deadline counts meanwhile, and nobody is sent a sign of life', async (t) => {
  const { client, exchange, pass } = await left({
    limits: { idleTimeoutMs: 10, totalTimeoutMs: 20, headersTimeoutMs: 5, pingIntervalMs: 5 },
  });
  pass(100);
  pass(100);
  t.notOk(exchange.ended);
  t.match(client, { text: delta('one two three four.'), misuse: [] });
});

t.test('it leaves before the first byte, and the upstream breaks off: what came in is charged', async (t) => {
  const { client, exchange, upstream } = draining({ stream: false });
  client.leave();
  upstream.head(200, JSON_TYPE);
  upstream.chunk('{"choices":[{"message":{"content":"one two three four.');
  upstream.do((events) => events.onFailed({ kind: 'reset', cause: undefined }), true);
  await settled();
  t.match(exchange, { outcome: 'client_aborted', firstByteAt: 0 });
  await exchange.counting;
  t.match(exchange.account, { countSource: 'observed', tokens: { input: PROMPT_ESTIMATE, output: 5 } });
});

t.test('the upstream breaks off: the operator is told, the client has left', async (t) => {
  for (const fail of ['reset', 'end'] as const) {
    const { client, exchange, upstream, reports } = await left();
    if (fail === 'end') upstream.end();
    else upstream.do((events) => events.onFailed({ kind: 'reset', cause: undefined }), true);
    await settled();
    t.match(exchange, { outcome: 'client_aborted', status: 200 });
    t.match(reports, [{ code: 'upstream_broken' }]);
    await exchange.counting;
    t.match(exchange.account, { countSource: 'observed', tokens: { output: 5 } });
    t.match(client, { ended: 'aborted', misuse: [] });
  }
});

t.test('a worker that stops cuts it', async (t) => {
  const { client, exchange, upstream } = await left();
  exchange.fail(new ProxyError('stopping'), true);
  t.equal(upstream.open, 0);
  t.match(exchange, { outcome: 'client_aborted', status: 200 });
  await exchange.counting;
  t.match(exchange.account, { countSource: 'observed', tokens: { output: 5 } });
  t.match(client, { ended: 'aborted', misuse: [] });
});

t.test('an error in the place of an answer is not charged, nor is another way gone', async (t) => {
  for (const sketch of [
    {},
    {
      api: responses,
      otherwise: () => {
        throw new Error('for nobody');
      },
    },
  ]) {
    const { client, exchange, upstream, reports } = draining({ stream: false, ...sketch });
    client.leave();
    upstream.head(404, JSON_TYPE);
    upstream.chunk('{"error":{"message":"Not Found"}}');
    upstream.end();
    await settled();
    t.match(exchange, { outcome: 'client_aborted', status: 499, account: { countSource: 'none' } });
    t.same(reports, []);
    t.equal(upstream.requests.length, 1);
    t.match(client, { status: 0, misuse: [] });
  }
});

t.test('nor is one that has come when the client leaves', async (t) => {
  const { client, exchange, upstream } = draining({ stream: false });
  upstream.head(429, JSON_TYPE);
  client.leave();
  t.ok(exchange.ended);
  t.equal(upstream.open, 0);
});

t.test('what is not charged is not drained', async (t) => {
  const unmetered = { ...chat, metered: false };
  const { client, exchange, upstream } = draining({ api: unmetered });
  client.leave();
  t.match(exchange, { outcome: 'client_aborted', account: { countSource: 'none' } });
  t.equal(upstream.open, 0);
  t.ok(embeddings.metered, 'embeddings are');
});

t.test('a request that still waits for a connection is taken back', async (t) => {
  const { client, exchange, upstream } = draining({
    call: (upstream) => {
      const { send } = upstream.transport;
      const transport = {
        ...upstream.transport,
        send: (...[request, events]: Parameters<typeof send>) => {
          const asked = events.onAttempt;
          events.onAttempt = () => {};
          const call = send(request, events);
          events.onAttempt = asked;
          return call;
        },
      };
      return new DirectCall(
        { ...upstream, settings: upstream.settings, transport },
        chat,
        [Buffer.from('{}')],
        false,
      );
    },
  });
  client.leave();
  t.match(exchange, { outcome: 'client_aborted', attempts: 0, account: { countSource: 'none' } });
  t.equal(upstream.open, 0);
});

const event = (data: { readonly type: string; readonly [key: string]: unknown }): string =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;

t.test('translated answers too', async (t) => {
  const translated = (stream: boolean) =>
    draining({
      api: chat,
      stream,
      call: (upstream) => {
        const request = { model: 'm', stream, messages: [{ role: 'user', content: 'Hi' }] };
        const translation = chatMessages.open(request, {
          model: 'm',
          maxTokensDefault: 10,
          id: 'id',
          now: 0,
        });
        return new TranslatedCall(upstream, messages, translation, {
          documentBytesMax: 1e6,
          eventBytesMax: 1e6,
        });
      },
    });

  const streamed = translated(true);
  streamed.upstream.head(200, SSE);
  streamed.upstream.chunk(
    event({ type: 'message_start', message: { id: 'msg_1', model: 'm', usage: { input_tokens: 3 } } }) +
      event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }) +
      event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello.' } }),
  );
  await settled();
  streamed.client.leave();
  const { text } = streamed.client;
  streamed.upstream.chunk(
    event({ type: 'content_block_stop', index: 0 }) +
      event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } }) +
      event({ type: 'message_stop' }),
  );
  await settled();
  t.match(streamed.exchange, { outcome: 'client_aborted', status: 200 });
  t.match(streamed.exchange.account, { countSource: 'reported', tokens: { input: 3, output: 2 } });
  t.match(streamed.client, { text, misuse: [] });

  const document = translated(false);
  document.client.leave();
  document.upstream.head(200, JSON_TYPE);
  const error = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
  document.upstream.chunk(JSON.stringify(error));
  document.upstream.end();
  await settled();
  t.match(document.exchange, { outcome: 'client_aborted', status: 499, account: { countSource: 'none' } });
  t.match(document.client, { status: 0, misuse: [] });
});

// An upstream that turns out not to have an API is asked in another way, if there is one.
import t from 'tap';
import { chat } from '../../../../src/core/dialects/openai.ts';
import { responses } from '../../../../src/core/dialects/responses.ts';
import { ProxyError } from '../../../../src/core/errors.ts';
import { DirectCall } from '../../../../src/core/relay/call.ts';
import { relayed, settled } from '../../../fixtures/relayed.ts';

const JSON_TYPE = 'application/json';

t.test('another call of the same upstream', async (t) => {
  for (const status of [404, 405, 501]) {
    const { client, upstream, exchange } = relayed({
      api: responses,
      stream: false,
      otherwise: async () => new DirectCall(upstream, chat, [Buffer.from('{"other":true}')], false),
    });
    upstream.head(status, JSON_TYPE);
    upstream.chunk('{"error":{"message":"Not Found"}}');
    upstream.end();
    await settled();
    t.same(
      upstream.requests.map(({ path }) => path),
      ['/v1/responses', '/v1/chat/completions'],
    );
    upstream.head(200, JSON_TYPE);
    upstream.chunk('{"id":"1"}');
    upstream.end();
    await settled();
    t.match(client, { status: 200, text: '{"id":"1"}', ended: 'responded', misuse: [] });
    t.match(exchange, { outcome: 'completed', attempts: 2 });
    t.equal(upstream.open, 0);
  }
});

t.test('an answer of the gateway itself', async (t) => {
  const { client, upstream } = relayed({
    stream: false,
    otherwise: async () => ({
      async answer(exchange) {
        exchange.respond(200, '{"input_tokens":1}');
        return undefined;
      },
    }),
  });
  upstream.head(404, JSON_TYPE);
  upstream.end();
  await settled();
  t.match(client, { status: 200, text: '{"input_tokens":1}', misuse: [] });
  t.equal(upstream.open, 0);
});

t.test('no other way: what the upstream says', async (t) => {
  const { client, upstream } = relayed({ stream: false });
  upstream.head(404, JSON_TYPE);
  upstream.chunk('{"error":{"message":"no such model"}}');
  upstream.end();
  await settled();
  t.match(client, { status: 404, text: '{"error":{"message":"no such model"}}' });
});

t.test('which errors are a reason, the call knows', async (t) => {
  const asked: number[] = [];
  const { client, upstream } = relayed({
    stream: false,
    otherwise(status) {
      asked.push(status);
      return undefined;
    },
  });
  upstream.head(400, JSON_TYPE);
  upstream.end();
  await settled();
  t.equal(client.status, 400);
  t.same(asked, [400]);
});

t.test('what the upstream says decides, and goes to the client whole if it stands', async (t) => {
  const heard: unknown[] = [];
  const { client, upstream, exchange } = relayed({
    stream: false,
    otherwise(_, said) {
      heard.push(said);
      return undefined;
    },
  });
  upstream.head(404, JSON_TYPE);
  upstream.chunk('{"error":{"mess');
  t.equal(client.status, 0, 'nobody has been told yet');
  upstream.chunk('age":"no such model"}}');
  upstream.end();
  await settled();
  t.same(heard, [{ error: { message: 'no such model' } }]);
  t.match(client, { status: 404, text: '{"error":{"message":"no such model"}}', misuse: [] });
  t.match(exchange, { outcome: 'upstream_failed', account: { countSource: 'none' } });

  const long = relayed({ stream: false, otherwise: () => Promise.reject(new Error('not asked')) });
  long.upstream.head(404, 'text/plain');
  for (let i = 0; i < 10; i++) long.upstream.chunk('x'.repeat(10_000));
  long.upstream.end();
  await settled();
  t.match(long.client, { status: 404, text: 'x'.repeat(100_000), misuse: [] }, 'too long to be read');
});

t.test('the other way leads nowhere, or the client leaves on it', async (t) => {
  const failing = relayed({ otherwise: () => Promise.reject(new ProxyError('invalid_field')) });
  failing.upstream.head(404, JSON_TYPE);
  failing.upstream.end();
  await settled();
  t.match(failing.client, { status: 400, ended: 'responded' });

  const throwing = relayed({
    otherwise() {
      throw new ProxyError('invalid_field');
    },
  });
  throwing.upstream.head(404, JSON_TYPE);
  throwing.upstream.end();
  t.match(throwing.client, { status: 400, ended: 'responded' });
  t.equal(throwing.upstream.open, 0);

  let go = (): void => {};
  const left = relayed({
    otherwise: () =>
      new Promise((resolve) => {
        go = () => resolve(new DirectCall(left.upstream, chat, [Buffer.from('{}')], false));
      }),
  });
  left.upstream.head(404, JSON_TYPE);
  left.upstream.end();
  left.client.leave();
  go();
  await settled();
  t.equal(left.upstream.requests.length, 1, 'nobody waits for it');
  t.match(left.exchange, { outcome: 'client_aborted', account: { countSource: 'none' } });
});

// An endpoint leads an exchange by itself: guard, body, handle; whatever it throws ends the exchange.
import t from 'tap';
import { type EndpointOptions, endpoint } from '../../../src/core/endpoint.ts';
import { ProxyError } from '../../../src/core/errors.ts';
import type { Exchange } from '../../../src/core/exchange.ts';
import type { Awaitable } from '../../../src/core/plugin.ts';
import { exchangeInMemory } from '../../fixtures/exchange.ts';

function begin(options: EndpointOptions, handle: (exchange: Exchange) => Awaitable<void>) {
  const handler = endpoint(options, handle);
  const made = exchangeInMemory({ handler });
  handler.onHead(made.exchange);
  return made;
}

t.test('without a body it answers the head', async (t) => {
  const { client } = begin({}, (exchange) => exchange.respond(200, 'hello'));
  t.equal(client.text, 'hello');
  t.equal(client.bodyBytesMax, undefined);
});

t.test('with a body it waits for it', async (t) => {
  const { client, exchange } = begin({ bodyBytesMax: 10 }, (exchange) =>
    exchange.respond(200, [exchange.body]),
  );
  t.equal(client.bodyBytesMax, 10);
  t.equal(client.status, 0);
  exchange.onBody(Buffer.from('echo'));
  t.equal(client.text, 'echo');
});

t.test('its guard rejects before any of the body is read', async (t) => {
  const guard = () => {
    throw new ProxyError('wrong_admin_secret');
  };
  const { client } = begin({ bodyBytesMax: 10, guard }, (): void => void t.fail('handled'));
  t.equal(client.status, 403);
  t.equal(client.bodyBytesMax, undefined);
});

t.test('a bug becomes `internal`, thrown or rejected', async (t) => {
  for (const handle of [
    () => {
      throw new TypeError('secret detail');
    },
    async () => {
      throw new TypeError('secret detail');
    },
  ]) {
    const { client, reports } = begin({}, handle);
    await new Promise(setImmediate);
    t.equal(client.status, 500);
    t.notMatch(client.text, 'secret detail');
    t.equal(reports[0]?.code, 'internal');
  }
});

t.test('its end is told once', async (t) => {
  let ends = 0;
  const onDone = () => {
    ends++;
    return undefined;
  };
  const { exchange } = begin({ onDone }, (exchange) => exchange.respond(200, ''));
  exchange.onAborted();
  t.equal(ends, 1);
});

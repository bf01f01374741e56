// The end of an exchange: first the books, then the last bytes; once, whatever comes after it.
import t from 'tap';
import { ProxyError } from '../../../src/core/errors.ts';
import type { Carrier, Handler } from '../../../src/core/exchange.ts';
import { exchangeInMemory } from '../../fixtures/exchange.ts';
import { settled } from '../../fixtures/relayed.ts';

/** @param hold the books take their time, until `write` */
function begin(hold = true) {
  const dones: string[] = [];
  let write = () => {};
  let refuse: (thrown: unknown) => void = () => {};
  const booked = new Promise<void>((resolve, reject) => {
    write = resolve;
    refuse = reject;
  });
  const handler: Handler = {
    onHead() {},
    onBody() {},
    onResponse() {},
    onChunk() {},
    onDone({ outcome, status, endedAt }) {
      dones.push(`${outcome} ${status} ${endedAt > 0 ? 'ended' : 'open'}`);
      return hold ? booked : undefined;
    },
  };
  const made = exchangeInMemory({ handler });
  made.client.events = made.exchange;
  return { ...made, dones, write, refuse };
}

t.test('without books to wait for, the response goes at once', async (t) => {
  const { exchange, client, dones } = begin(false);
  exchange.respond(200, '{}');
  t.same(dones, ['completed 200 ended']);
  t.match(client, { status: 200, text: '{}', ended: 'responded', misuse: [] });
});

t.test('nothing is sent before the books have it', async (t) => {
  for (const [end, how] of [
    [(e) => e.respond(201, '{"made":1}'), { status: 201, text: '{"made":1}', ended: 'responded' }],
    [(e) => e.fail(new ProxyError('no_plan')), { status: 403, ended: 'responded' }],
  ] as [(exchange: ReturnType<typeof begin>['exchange']) => void, object][]) {
    const { exchange, client, dones, write } = begin();
    end(exchange);
    t.equal(dones.length, 1);
    t.ok(exchange.ended);
    await settled();
    t.match(client, { status: 0, text: '', ended: undefined });
    write();
    await settled();
    t.match(client, { ...how, misuse: [] });
  }
});

t.test('a stream that fails: what was sent stays, the error event waits', async (t) => {
  const { exchange, client, write } = begin();
  exchange.streaming = true;
  exchange.responding = true;
  client.start(200, []);
  client.write([Buffer.from('data: 1\n\n')]);
  exchange.fail(new ProxyError('upstream_broken'));
  await settled();
  t.match(client, { text: 'data: 1\n\n', open: true });
  write();
  await settled();
  t.match(client, { text: /^data: 1\n\ndata: \{"error":/, ended: 'cut', misuse: [] });
});

t.test('what comes after the end changes nothing', async (t) => {
  const { exchange, client, dones, reports, write } = begin();
  exchange.respond(200, '{}');
  exchange.fail(new ProxyError('upstream_broken'));
  exchange.fail(new ProxyError('stopping'), true);
  exchange.respond(500, 'late');
  exchange.settle('crashed', () => t.fail('released twice'));
  exchange.fail(new TypeError('a bug'));
  write();
  await settled();
  t.same(dones, ['completed 200 ended']);
  t.match(client, { status: 200, text: '{}', misuse: [] });
  t.match(exchange, { outcome: 'completed', error: undefined });
  t.match(reports, [{ code: 'internal' }], 'but a bug is told to the operator');
});

t.test('a client that leaves while the books are written is sent nothing', async (t) => {
  const { exchange, client, dones, write } = begin();
  let released = false;
  exchange.settle('completed', () => {
    released = true;
  });
  client.leave();
  write();
  await settled();
  t.notOk(released);
  t.same(dones, ['completed 0 ended'], 'its row is written');
  t.match(client, { status: 0, ended: 'aborted', misuse: [] });
});

t.test('books that fail are a bug, which no client has to wait for', async (t) => {
  const { exchange, client, reports, refuse } = begin();
  exchange.respond(200, '{}');
  refuse(new Error('disk on fire'));
  await settled();
  t.match(client, { status: 200, ended: 'responded' });
  t.match(reports, [{ code: 'internal', cause: { message: 'disk on fire' } }]);
});

t.test('a carrier decides whether the exchange outlives its client', async (t) => {
  for (const outlives of [true, false]) {
    const { exchange, client, dones } = begin(false);
    const carrier: Carrier = { onWritable() {}, release() {}, check() {}, outlivesClient: () => outlives };
    exchange.carrier = carrier;
    client.leave();
    t.same(
      { dones, gone: exchange.clientGone },
      { dones: outlives ? [] : ['client_aborted 499 ended'], gone: true },
    );
    exchange.fail(new ProxyError('stopping'), true);
    t.same(dones, ['client_aborted 499 ended'], 'whatever ends it then, it was the client that left');
    t.match(client, { status: 0, misuse: [] });
  }
});

t.test('the handler is shown the clock before the deadlines are looked at, and may end it', async (t) => {
  const seen: number[] = [];
  const { exchange } = exchangeInMemory({
    handler: {
      onHead() {},
      onBody() {},
      onResponse() {},
      onChunk() {},
      onDone() {},
      onCheck(exchange, now) {
        seen.push(now);
        if (now === 2) exchange.fail(new ProxyError('stopping'));
      },
    },
  });
  const checked: number[] = [];
  exchange.carrier = { onWritable() {}, release() {}, check: (now) => void checked.push(now) };
  exchange.check(1);
  exchange.check(2);
  t.same({ seen, checked }, { seen: [1, 2], checked: [1] });
});

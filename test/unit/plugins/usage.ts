// The books of an exchange: written before the upstream is asked, while the answer goes on, and before its last byte.
import t from 'tap';
import { Pipeline } from '../../../src/core/chain.ts';
import { chat } from '../../../src/core/dialects/openai.ts';
import { createEdge } from '../../../src/core/edge.ts';
import { ProxyError } from '../../../src/core/errors.ts';
import type { Exchange, Facets } from '../../../src/core/exchange.ts';
import type { Facet, Plugin } from '../../../src/core/plugin.ts';
import { DirectCall } from '../../../src/core/relay/call.ts';
import type { CountBasis, Plan, Target, User } from '../../../src/core/types.ts';
import { ledger as ledgerPlugin } from '../../../src/plugins/ledger.ts';
import { relay } from '../../../src/plugins/relay.ts';
import { RENEWAL_INTERVAL_MS, usage } from '../../../src/plugins/usage.ts';
import { FakeClient } from '../../fixtures/client.ts';
import { config } from '../../fixtures/database.ts';
import { MemoryLedger } from '../../fixtures/ledger.ts';
import { settled } from '../../fixtures/relayed.ts';
import { FakeUpstream } from '../../fixtures/upstream.ts';

const INTERVAL_MS = config.JOURNAL_PROGRESS_INTERVAL_MS;
const SSE = 'text/event-stream';
const delta = (content: string) => `data: {"choices":[{"delta":{"content":"${content}"}}]}\n\n`;
const finish = 'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n';
const reported = 'data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":5}}\n\n';
const done = 'data: [DONE]\n\n';

const provide =
  <P extends Facet>(provides: P, value: Facets[P]) =>
  (): Plugin<never, P> =>
    ({ name: provides, provides, onHead: () => value }) as never;

interface Sketch {
  readonly countBasis?: CountBasis;
  readonly prepare?: (ledger: MemoryLedger) => void;
  /** What the tokenizer counts, when it is asked to finish. */
  readonly count?: () => Promise<number>;
}

function begin({ countBasis = 'reported', prepare, count }: Sketch = {}) {
  const ledger = new MemoryLedger();
  prepare?.(ledger);
  const upstream = new FakeUpstream();
  const plan: Plan = { subId: 2, name: 'p', items: [], countBasis, drainMs: 0 };
  const target = {
    item: { quotaId: 3, model: 'm', upstream: 'x', weight: 1 },
    request: { model: 'auto', stream: true },
  } as Target;
  const tokenizer = {
    text: () => count?.() ?? Promise.resolve(undefined),
    prompt: async () => undefined,
    stop: async () => {},
  };
  const services = { config, ledger, tokenizer, upstreams: { close: async () => {} } } as never;
  const chain = new Pipeline(services)
    .use(provide('user', { userId: 1 } as User))
    .use(provide('plan', plan))
    .use(ledgerPlugin)
    .use(provide('target', target))
    .use(usage)
    .use(provide('call', new DirectCall(upstream, chat, [Buffer.from('{}')], false)))
    .use(relay)
    .build();
  const client = new FakeClient();
  const surroundings = { bodyBytesMax: 1e6, bodyTimeoutMs: 1e6, open: new Set<Exchange>(), report() {} };
  const path = '/v1/chat/completions';
  const exchange = createEdge(
    [{ path, api: chat, handlers: { POST: chain } }],
    surroundings,
  )(client) as Exchange;
  client.events = exchange;
  // As the route would.
  exchange.promptEstimate = 4;
  if (client.bodyAsked) client.sendBody('{"model":"auto","messages":[{"role":"user","content":"Hi there"}]}');
  return { client, exchange, ledger, upstream, chain };
}

/** In the middle of its answer. */
async function streaming(sketch?: Sketch) {
  const begun = begin(sketch);
  await settled();
  begun.upstream.head(200, SSE);
  begun.upstream.chunk(delta('one two three'));
  await settled();
  return begun;
}

t.test('the upstream is not asked before the admission is written', async (t) => {
  const { ledger, upstream } = begin({ prepare: (ledger) => ledger.hold() });
  await settled();
  t.match(ledger.admitted, [
    { outcome: 'crashed', quota_item_id: '3', input_tokens: '4', output_tokens: '0' },
  ]);
  t.equal(upstream.requests.length, 0);
  ledger.write();
  await settled();
  t.equal(upstream.requests.length, 1);
  t.same(ledger.appended, []);
});

t.test('a client that leaves meanwhile: a final row, and the upstream is never asked', async (t) => {
  const { client, ledger, upstream } = begin({ prepare: (ledger) => ledger.hold() });
  client.leave();
  t.match(ledger.appended, [
    { outcome: 'client_aborted', status: '499', token_count: '0', count_source: 'none', final: true },
  ]);
  ledger.write();
  await settled();
  t.equal(upstream.requests.length, 0);
  t.equal(ledger.appended.length, 1);
});

t.test('what cannot be written down is refused, and has no row', async (t) => {
  const { client, exchange, ledger, upstream } = begin({
    prepare: (ledger) => {
      ledger.refusal = new ProxyError('ledger_full');
    },
  });
  await settled();
  t.match(client, { status: 503, ended: 'responded', misuse: [] });
  t.equal(exchange.error?.code, 'ledger_full');
  t.same(ledger.appended, []);
  t.equal(upstream.requests.length, 0);
});

t.test('a full ledger is no reason to read a body', async (t) => {
  const { client, exchange, ledger } = begin({
    prepare: (ledger) => {
      ledger.open = false;
      ledger.refuses = true;
    },
  });
  t.match(client, { status: 503, bodyAsked: false });
  t.equal(exchange.error?.code, 'ledger_full');
  t.same([ledger.admitted, ledger.appended], [[], []]);
});

t.test('the end mark of a stream waits for the books', async (t) => {
  const { client, exchange, ledger, upstream } = await streaming();
  ledger.hold();
  upstream.chunk(finish);
  await settled();
  upstream.chunk(reported + done);
  await settled();
  t.equal(client.text, delta('one two three') + finish, 'nothing of the end');
  t.ok(client.open);
  t.ok(exchange.ended);
  t.match(ledger.appended, [
    { outcome: 'completed', input_tokens: '7', output_tokens: '5', count_source: 'reported', final: true },
  ]);
  ledger.write();
  await settled();
  t.equal(client.text, delta('one two three') + finish + reported + done);
  t.match(client, { ended: 'ended', misuse: [] });
  t.equal(ledger.appended.length, 1);
});

t.test('so does a whole response, and an error', async (t) => {
  const document = begin();
  await settled();
  document.ledger.hold();
  document.upstream.head(200, 'application/json');
  const answer =
    '{"choices":[{"message":{"content":"Hi"}}],"usage":{"prompt_tokens":7,"completion_tokens":5}}';
  document.upstream.chunk(answer);
  document.upstream.end();
  await settled();
  t.match(document.client, { status: 0, text: '' });
  document.ledger.write();
  await settled();
  t.match(document.client, { status: 200, text: answer, ended: 'responded', misuse: [] });

  const broken = await streaming();
  broken.ledger.hold();
  broken.upstream.do((events) => events.onFailed({ kind: 'reset', cause: undefined }), true);
  await settled();
  t.match(broken.client, { text: delta('one two three'), open: true });
  broken.ledger.write();
  await settled();
  t.match(broken.client, { text: /"error"/, ended: 'cut', misuse: [] });
});

t.test('a client that leaves while its end is held: its row stays as it is', async (t) => {
  const { client, ledger, upstream } = await streaming();
  ledger.hold();
  upstream.chunk(finish + reported + done);
  await settled();
  client.leave();
  ledger.write();
  await settled();
  t.match(ledger.appended, [{ outcome: 'completed', final: true }]);
  t.equal(ledger.appended.length, 1);
  t.same(client.misuse, []);
});

t.test(
  'while it goes on: the first text soon, then only when there is more, and not too often',
  async (t) => {
    const { exchange, ledger, upstream } = begin();
    await settled();
    // In whole milliseconds, so that sums of them are exact.
    const now = Math.ceil(exchange.startedAt) + 1_000;
    upstream.head(200, SSE);
    exchange.check(now);
    t.same(ledger.appended, [], 'the admission says as much');
    upstream.chunk(delta('one two three'));
    await settled();
    exchange.check(now);
    t.match(ledger.appended, [{ outcome: 'crashed', output_tokens: '4', final: false }]);
    exchange.check(now + 9 * INTERVAL_MS);
    t.equal(ledger.appended.length, 1, 'nothing has come since');
    upstream.chunk(delta('four five six'));
    await settled();
    exchange.check(now + 9 * INTERVAL_MS);
    t.match(ledger.appended[1], { outcome: 'crashed', output_tokens: '7', delivered_output_tokens: '7' });
    upstream.chunk(delta('seven'));
    await settled();
    exchange.check(now + 10 * INTERVAL_MS - 1);
    t.equal(ledger.appended.length, 2, 'the time runs from the last row');
    exchange.check(now + 10 * INTERVAL_MS);
    t.match(ledger.appended[2], { outcome: 'crashed', output_tokens: '8', final: false });
  },
);

t.test('or when the ledger goes on to another part: soon, once, and whether it is full or not', async (t) => {
  for (const open of [true, false]) {
    const { exchange, ledger } = await streaming();
    const now = Math.ceil(exchange.startedAt);
    exchange.check(now);
    t.equal(ledger.appended.length, 1);
    ledger.epoch++;
    ledger.open = open;
    exchange.check(now + RENEWAL_INTERVAL_MS - 1);
    t.equal(ledger.appended.length, 1, 'thousands of them must not fill one part after the other');
    exchange.check(now + RENEWAL_INTERVAL_MS);
    t.match(ledger.appended[1], { outcome: 'crashed', final: false });
    exchange.check(now + 2 * RENEWAL_INTERVAL_MS);
    t.equal(ledger.appended.length, 2, 'once');
  }
});

t.test(
  'progress is not written while the ledger is full: what room it has left is for the ends',
  async (t) => {
    const { exchange, ledger, upstream } = await streaming();
    ledger.open = false;
    exchange.check(exchange.startedAt + 2 * INTERVAL_MS);
    t.same(ledger.appended, []);
    upstream.chunk(finish + reported + done);
    await settled();
    t.match(ledger.appended, [{ outcome: 'completed', final: true }]);
  },
);

t.test(
  'tokens that are counted late: the end does not wait for them, and the row is not final',
  async (t) => {
    let finishCounting: (tokens: number) => void = () => {};
    const counting = new Promise<number>((resolve) => {
      finishCounting = resolve;
    });
    const { client, ledger, upstream, chain } = await streaming({ count: () => counting });
    upstream.chunk(finish + done);
    upstream.end();
    await settled();
    t.match(client, { ended: 'ended', text: /\[DONE\]\n\n$/ });
    t.match(ledger.appended, [
      { outcome: 'completed', output_tokens: '4', count_source: 'observed', final: false },
    ]);
    t.equal(ledger.appended.length, 1);
    const stopped = chain.stop();
    finishCounting(3);
    await stopped;
    t.match(ledger.appended[1], {
      outcome: 'completed',
      output_tokens: '3',
      count_source: 'observed',
      final: true,
    });
    t.equal(ledger.appended.length, 2);
  },
);

t.test('what is charged is up to the plan', async (t) => {
  for (const [countBasis, tokens, counts] of [
    ['reported', '5', { count_source: 'reported' }],
    ['observed', '3', { count_source: 'observed' }],
    ['delivered', '5', { count_source: 'delivered' }],
  ] as const) {
    const { ledger, upstream, chain } = await streaming({ countBasis, count: async () => 3 });
    upstream.chunk(finish + reported + done);
    await settled();
    await chain.stop();
    t.match(ledger.final, [
      {
        ...counts,
        output_tokens: tokens,
        reported_output_tokens: '5',
        // Not worth a count if it is neither charged nor needed.
        observed_output_tokens: countBasis === 'reported' ? '4' : '3',
        delivered_output_tokens: '5',
      },
    ]);
  }
});

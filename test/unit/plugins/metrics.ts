// What the metrics plugin makes of an exchange, from the fields that the other parts have set on it.
import t from 'tap';
import { messages } from '../../../src/core/dialects/anthropic.ts';
import { ProxyError } from '../../../src/core/errors.ts';
import type { Handler } from '../../../src/core/exchange.ts';
import { UNCOUNTED } from '../../../src/core/meter/account.ts';
import { observeOpen } from '../../../src/core/metrics/exchanges.ts';
import { Metrics } from '../../../src/core/metrics/metrics.ts';
import { OVERFLOW, SERIES_MAX } from '../../../src/core/metrics/series.ts';
import type { QuotaItem, Target } from '../../../src/core/types.ts';
import { metrics as plugin } from '../../../src/plugins/metrics.ts';
import { type ExchangeSketch, exchangeInMemory } from '../../fixtures/exchange.ts';

const item: QuotaItem = { quotaId: 1, model: 'gpt-5-mini', upstream: 'ghcp', weight: 1 };
const target: Target = {
  item,
  request: {
    model: 'what the client wrote',
    modelAt: { start: 0, end: 0 },
    stream: true,
    includeUsage: true,
    includeUsageEdit: { start: 0, end: 0, bytes: Buffer.alloc(0) },
    background: false,
    hasInput: false,
    toolsAt: undefined,
  },
};

function begin(sketch: ExchangeSketch = {}) {
  const metrics = new Metrics();
  const { onDone } = plugin({ metrics });
  const handler: Handler = {
    onHead() {},
    onBody() {},
    onResponse() {},
    onChunk() {},
    onDone: (exchange) => void onDone?.(exchange),
  };
  return { metrics, ...exchangeInMemory({ handler, ...sketch }) };
}

t.test('a completed stream', async (t) => {
  const { metrics, exchange } = begin({ api: messages, route: '/v1/messages' });
  exchange.target = target;
  exchange.status = 200;
  exchange.streaming = true;
  exchange.bodyAskedAt = exchange.startedAt + 1;
  exchange.bodyAt = exchange.startedAt + 101;
  exchange.dispatchedAt = exchange.startedAt + 103;
  exchange.firstByteAt = exchange.startedAt + 2_000;
  exchange.account = {
    ...UNCOUNTED,
    countSource: 'reported',
    tokens: { input: 10, output: 5, cacheRead: 4, cacheWrite: 0, reasoning: 2 },
  };
  exchange.settle('completed');
  const { counters, histograms } = metrics.takeDelta();
  t.same(
    counters.map(({ labels, value }) => [...labels, value].join(' ')),
    [
      'anthropic /v1/messages completed 200 1',
      'ghcp gpt-5-mini input reported 10',
      'ghcp gpt-5-mini output reported 5',
      'ghcp gpt-5-mini cache_read reported 4',
      'ghcp gpt-5-mini reasoning reported 2',
    ],
  );
  t.same(
    histograms.map(({ family, labels }) => [family, ...labels].join(' ')),
    ['duration anthropic true', 'firstByte anthropic true', 'overhead anthropic'],
  );
  t.ok(Math.abs(histograms[1]!.value.sum - 2) < 1e-9, 'seconds');
  t.ok(Math.abs(histograms[2]!.value.sum - 0.003) < 1e-9, 'the wait for the body is not overhead');
});

t.test('a rejected request has no target and no upstream times', async (t) => {
  const { metrics, exchange } = begin();
  exchange.fail(new ProxyError('invalid_token'));
  const { counters, histograms } = metrics.takeDelta();
  t.same(counters, [
    { family: 'requests', labels: ['openai', '/v1/chat/completions', 'rejected', '401'], value: 1 },
  ]);
  t.same(
    histograms.map(({ family }) => family),
    ['duration'],
  );
});

t.test(
  'an upstream that fails is counted by our code, one that answers with an error by its status',
  async (t) => {
    for (const [code, end] of [
      ['upstream_timeout', (e) => e.fail(new ProxyError('upstream_timeout'))],
      [
        '429',
        (e) => {
          e.status = 429;
          e.settle('upstream_failed');
        },
      ],
    ] as [string, (exchange: ReturnType<typeof begin>['exchange']) => void][]) {
      const { metrics, exchange } = begin();
      exchange.target = target;
      end(exchange);
      const errors = metrics.takeDelta().counters.filter(({ family }) => family === 'upstreamErrors');
      t.same(errors, [{ family: 'upstreamErrors', labels: ['ghcp', code], value: 1 }]);
    }
  },
);

t.test('a client that leaves is no error of the upstream', async (t) => {
  const { metrics, exchange } = begin();
  exchange.target = target;
  exchange.onAborted();
  t.same(metrics.takeDelta().counters, [
    { family: 'requests', labels: ['openai', '/v1/chat/completions', 'client_aborted', '499'], value: 1 },
  ]);
});

t.test('statuses that do not exist share a label', async (t) => {
  const { metrics, exchange } = begin();
  exchange.status = 799;
  exchange.settle('completed');
  t.equal(metrics.takeDelta().counters[0]?.labels[3], 'other');
});

t.test('open exchanges and streams', async (t) => {
  const metrics = new Metrics();
  const exchanges = Array.from({ length: 3 }, () => exchangeInMemory().exchange);
  exchanges[1]!.streaming = true;
  observeOpen(metrics, new Set(exchanges));
  t.same(
    metrics.takeDelta().gauges.map(({ value }) => value),
    [3, 1],
  );
});

t.test('directions that no tokens went take up no place', async (t) => {
  const { metrics, exchange } = begin();
  exchange.target = target;
  exchange.account = {
    ...UNCOUNTED,
    countSource: 'reported',
    tokens: { input: 10, output: 5, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
  };
  exchange.settle('completed');
  // Each further place is asked for until there is none.
  for (let i = 0; i < SERIES_MAX - 2; i++)
    metrics.counter('tokens', 'ghcp', `m${i}`, 'input', 'reported').value++;
  metrics.counter('tokens', 'ghcp', 'one more', 'input', 'reported').value++;
  const models = metrics.takeDelta().counters.map(({ labels }) => labels[1]);
  t.equal(models.filter((model) => model === OVERFLOW).length, 1);
  t.equal(models.filter((model) => model?.startsWith('m')).length, SERIES_MAX - 2);
});

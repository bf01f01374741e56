// Rows and metrics of an exchange whose tokens are still being counted when it has ended: both wait, and agree.
import t from 'tap';
import type { Handler } from '../../../../src/core/exchange.ts';
import { Metrics } from '../../../../src/core/metrics/metrics.ts';
import type { Plan, UsageRecord, User } from '../../../../src/core/types.ts';
import { metrics as metricsPlugin } from '../../../../src/plugins/metrics.ts';
import { usage as usagePlugin } from '../../../../src/plugins/usage.ts';
import { exchangeInMemory } from '../../../fixtures/exchange.ts';

function begin() {
  const rows: UsageRecord[] = [];
  const metrics = new Metrics();
  const ledger = { open: true, append: (row: UsageRecord) => void rows.push(row), flush: async () => {} };
  const plugins = [usagePlugin({ ledger }), metricsPlugin({ metrics })];
  const handler: Handler = {
    onHead() {},
    onBody() {},
    onResponse() {},
    onChunk() {},
    onDone(exchange) {
      for (const { onDone } of plugins) onDone?.(exchange);
    },
  };
  const { exchange, reports } = exchangeInMemory({ handler });
  exchange.user = { userId: 1 } as User;
  exchange.plan = { subId: 1 } as Plan;
  exchange.target = {
    item: { quotaId: 1, model: 'gpt-5-mini', upstream: 'ghcp', weight: 1 },
    request: { model: 'auto', stream: true } as never,
  };
  exchange.countSource = 'observed';
  const counted = () => metrics.takeDelta().counters.map(({ labels, value }) => [...labels, value].join(' '));
  return {
    exchange,
    reports,
    rows,
    counted,
    stop: () => Promise.all(plugins.map((plugin) => plugin.stop?.())),
  };
}

t.test('with nothing to wait for, all is recorded at once', async (t) => {
  const { exchange, rows, counted } = begin();
  exchange.counts.output = 7;
  exchange.settle('completed');
  t.match(rows, [{ tokens: { output: 7 } }]);
  t.same(counted(), ['openai /v1/chat/completions completed other 1', 'ghcp gpt-5-mini output observed 7']);
});

t.test('tokens that are being counted are waited for, by whoever stops too', async (t) => {
  const { exchange, rows, counted, stop } = begin();
  let finish = () => {};
  exchange.counting = new Promise<void>((resolve) => {
    finish = () => {
      exchange.counts.output = 7;
      resolve();
    };
  });
  exchange.settle('completed');
  t.same(rows, []);
  t.same(
    counted(),
    ['openai /v1/chat/completions completed other 1'],
    'the request itself is counted already',
  );
  const stopped = stop();
  finish();
  await stopped;
  t.match(rows, [{ tokens: { output: 7 } }]);
  t.same(counted(), ['ghcp gpt-5-mini output observed 7']);
});

t.test('a failure to record is reported, as at other times', async (t) => {
  const { exchange, reports, rows, stop } = begin();
  rows.push = () => {
    throw new Error('a bug');
  };
  exchange.counting = Promise.resolve();
  exchange.settle('completed');
  await stop();
  t.match(reports, [{ code: 'internal' }]);
});

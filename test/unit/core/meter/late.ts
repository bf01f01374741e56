// Rows and metrics of an exchange whose tokens are still being counted when it has ended: both wait, and agree. The
// books have what is known meanwhile.
import t from 'tap';
import type { Handler } from '../../../../src/core/exchange.ts';
import { Admitted } from '../../../../src/core/ledger/admitted.ts';
import { UNCOUNTED } from '../../../../src/core/meter/account.ts';
import { Metrics } from '../../../../src/core/metrics/metrics.ts';
import type { Plan, Target, User } from '../../../../src/core/types.ts';
import { metrics as metricsPlugin } from '../../../../src/plugins/metrics.ts';
import { usage as usagePlugin } from '../../../../src/plugins/usage.ts';
import { config } from '../../../fixtures/database.ts';
import { exchangeInMemory } from '../../../fixtures/exchange.ts';
import { MemoryLedger } from '../../../fixtures/ledger.ts';

const observed = (output: number) => ({
  ...UNCOUNTED,
  countSource: 'observed' as const,
  tokens: { ...UNCOUNTED.tokens, output },
});

function begin() {
  const ledger = new MemoryLedger();
  const metrics = new Metrics();
  const plugins = [usagePlugin({ config, ledger }), metricsPlugin({ metrics })];
  const handler: Handler = {
    onHead() {},
    onBody() {},
    onResponse() {},
    onChunk() {},
    onDone(exchange) {
      for (const { onDone } of plugins) void onDone?.(exchange);
    },
  };
  const { exchange, reports } = exchangeInMemory({ handler });
  const user = { userId: 1 } as User;
  const plan = { subId: 1 } as Plan;
  const target: Target = {
    item: { quotaId: 1, model: 'gpt-5-mini', upstream: 'ghcp', weight: 1 },
    request: { model: 'auto', stream: true } as never,
  };
  exchange.target = target;
  exchange.admission = new Admitted(exchange, user, plan, target, ledger.epoch);
  const counted = () => metrics.takeDelta().counters.map(({ labels, value }) => [...labels, value].join(' '));
  return {
    exchange,
    reports,
    ledger,
    counted,
    stop: () => Promise.all(plugins.map((plugin) => plugin.stop?.())),
  };
}

t.test('with nothing to wait for, all is recorded at once', async (t) => {
  const { exchange, ledger, counted } = begin();
  exchange.account = observed(7);
  exchange.settle('completed');
  t.match(ledger.appended, [{ output_tokens: '7', outcome: 'completed', final: true }]);
  t.equal(ledger.appended.length, 1);
  t.same(counted(), ['openai /v1/chat/completions completed other 1', 'ghcp gpt-5-mini output observed 7']);
});

t.test('tokens that are being counted are waited for, by whoever stops too', async (t) => {
  const { exchange, ledger, counted, stop } = begin();
  let finish = () => {};
  exchange.account = observed(6);
  exchange.counting = new Promise<void>((resolve) => {
    finish = () => {
      exchange.account = observed(7);
      resolve();
    };
  });
  exchange.settle('completed');
  t.match(ledger.appended, [{ output_tokens: '6', outcome: 'completed', final: false }]);
  t.equal(ledger.appended.length, 1, 'the estimate stands until then');
  t.same(
    counted(),
    ['openai /v1/chat/completions completed other 1'],
    'the request itself is counted already',
  );
  const stopped = stop();
  finish();
  await stopped;
  t.match(ledger.final, [{ output_tokens: '7', outcome: 'completed' }]);
  t.equal(ledger.appended.length, 2);
  t.same(counted(), ['ghcp gpt-5-mini output observed 7']);
});

t.test('a failure to record is reported, as at other times', async (t) => {
  const { exchange, reports, ledger, stop } = begin();
  const { append } = ledger;
  ledger.append = (row, final) => {
    if (final) throw new Error('a bug');
    return append.call(ledger, row, final);
  };
  exchange.counting = Promise.resolve();
  exchange.settle('completed');
  await stop();
  t.match(reports, [{ code: 'internal' }]);
});

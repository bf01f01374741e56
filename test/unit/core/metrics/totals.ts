// The primary's totals: counters never fall, gauges go with their process.
import t from 'tap';
import { Metrics } from '../../../../src/core/metrics/metrics.ts';
import { MetricsTotals } from '../../../../src/core/metrics/totals.ts';

t.test('counters and histograms of all add up, and stay when one is gone', async (t) => {
  const totals = new MetricsTotals();
  const workers = [new Metrics(), new Metrics()];
  for (const [i, metrics] of workers.entries()) {
    metrics.counter('tokens', 'ghcp', 'gpt', 'input', 'reported').value += 10 + i;
    metrics.histogram('overhead', 'openai').observe(i);
    totals.merge(String(i), metrics.takeDelta());
  }
  totals.forget('0');
  t.equal(totals.counters('tokens')[0]?.value.value, 21);
  t.equal(totals.histograms('overhead')[0]?.value.sum, 1);
  workers[1]!.counter('tokens', 'ghcp', 'gpt', 'input', 'reported').value += 1;
  totals.merge('1', workers[1]!.takeDelta());
  t.equal(totals.counters('tokens')[0]?.value.value, 22);
});

t.test('gauges merge as their family says', async (t) => {
  const totals = new MetricsTotals();
  for (const [source, value] of [
    ['0', 3],
    ['1', 4],
  ] as const) {
    const metrics = new Metrics();
    metrics.observe('openStreams', [], () => value);
    metrics.observe('buildInfo', ['1.0', '20', 'node'], () => 1);
    metrics.observe('residentMemory', [], () => value * 1000);
    totals.merge(source, metrics.takeDelta());
  }
  t.same(totals.gauges('openStreams'), [{ labels: [], value: 7 }]);
  t.same(totals.gauges('buildInfo'), [{ labels: ['1.0', '20', 'node'], value: 1 }]);
  const memory = [
    { labels: ['0'], value: 3000 },
    { labels: ['1'], value: 4000 },
  ];
  t.same(totals.gauges('residentMemory'), memory);
  totals.forget('1');
  t.same(totals.gauges('openStreams'), [{ labels: [], value: 3 }]);
  t.same(totals.gauges('residentMemory'), memory.slice(0, 1));
});

t.test('counters without labels are there from the start', async (t) => {
  t.equal(new MetricsTotals().counters('usageRowsWritten')[0]?.value.value, 0);
});

// What a process counts leaves it as deltas: each count once, gauges as they are.
import t from 'tap';
import { Metrics } from '../../../../src/core/metrics/metrics.ts';

t.test('a delta holds what came since the last one', async (t) => {
  const metrics = new Metrics();
  const errors = metrics.counter('upstreamErrors', 'ghcp', '429');
  errors.value += 2;
  metrics.counter('upstreamErrors', 'ghcp', '500');
  t.same(metrics.takeDelta().counters, [{ family: 'upstreamErrors', labels: ['ghcp', '429'], value: 2 }]);
  t.same(metrics.takeDelta().counters, []);
  metrics.counter('upstreamErrors', 'ghcp', '429').value += 3;
  t.equal(metrics.takeDelta().counters[0]?.value, 3);
});

t.test('a histogram counts a value into the first bucket that holds it', async (t) => {
  const metrics = new Metrics();
  const overhead = metrics.histogram('overhead', 'openai');
  overhead.observe(0.0001);
  overhead.observe(0.00011);
  overhead.observe(99);
  const [delta] = metrics.takeDelta().histograms;
  t.same(delta?.value.counts, [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  t.ok(Math.abs(delta!.value.sum - 99.00021) < 1e-9);
  t.same(metrics.takeDelta().histograms, []);
  overhead.observe(0.5);
  const [second] = metrics.takeDelta().histograms;
  t.equal(
    second?.value.counts.reduce((sum, count) => sum + count),
    1,
  );
  t.ok(Math.abs(second!.value.sum - 0.5) < 1e-9);
});

t.test('numbers that others keep are read for each delta', async (t) => {
  const metrics = new Metrics();
  let hits = 5;
  let waiting = 7;
  metrics.observe('cacheLookups', ['users', 'hit'], () => hits);
  metrics.observe('usageRowsWaiting', [], () => waiting);
  const first = metrics.takeDelta();
  t.same(first.counters, [{ family: 'cacheLookups', labels: ['users', 'hit'], value: 5 }]);
  t.same(first.gauges, [{ family: 'usageRowsWaiting', labels: [], value: 7 }]);
  hits = 6;
  waiting = 0;
  const second = metrics.takeDelta();
  t.equal(second.counters[0]?.value, 1);
  t.equal(second.gauges[0]?.value, 0, 'a gauge is always there');
});

t.test('a delta survives JSON', async (t) => {
  const metrics = new Metrics();
  metrics.histogram('duration', 'openai', 'true').observe(3);
  metrics.counter('workerRestarts').value++;
  metrics.observe('openStreams', [], () => 1);
  const delta = metrics.takeDelta();
  t.same(JSON.parse(JSON.stringify(delta)), delta);
});

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

t.test('parts are bounded, and together they are the delta', async (t) => {
  const metrics = new Metrics();
  metrics.observe('openStreams', [], () => 1);
  for (let i = 0; i < 5; i++) metrics.counter('upstreamErrors', 'ghcp', String(i)).value += i + 1;
  metrics.histogram('overhead', 'openai').observe(1);
  const parts = [...metrics.takeParts(2)];
  t.same(
    parts.map(({ counters, histograms, gauges, last }) => [
      counters.length + histograms.length,
      gauges.length,
      last,
    ]),
    [
      [2, 0, false],
      [2, 0, false],
      [2, 0, false],
      [0, 1, true],
    ],
  );
  t.same(
    parts.flatMap(({ counters }) => counters.map(({ value }) => value)),
    [1, 2, 3, 4, 5],
  );
});

t.test('walks that overlap, and one that is left off, neither lose nor double a count', async (t) => {
  const metrics = new Metrics();
  const counters = Array.from({ length: 6 }, (_, i) => metrics.counter('upstreamErrors', 'ghcp', String(i)));
  const sums = new Map<string, number>();
  const take = (walk: ReturnType<Metrics['takeParts']>) => {
    for (const { labels, value } of walk.next().value?.counters ?? []) {
      sums.set(labels[1]!, (sums.get(labels[1]!) ?? 0) + value);
    }
  };
  const count = () => {
    for (const [i, counter] of counters.entries()) counter.value += i + 1;
  };
  count();
  const leftOff = metrics.takeParts(2);
  take(leftOff);
  count();
  const whole = metrics.takeParts(2);
  take(whole);
  take(leftOff);
  count();
  for (let i = 0; i < 4; i++) take(whole);
  for (let i = 0; i < 4; i++) take(metrics.takeParts(2));
  t.same(
    [...sums].sort(),
    counters.map((_, i) => [String(i), 3 * (i + 1)]),
  );
});

// Ten thousand series that all changed: they travel in parts, so that no worker is held up, and the sums are exact.
import { once } from 'node:events';
import t from 'tap';
import { metricsCluster } from '../../fixtures/metrics-cluster.ts';

const SERIES = 10_000;
const TIMEOUT_MS = 10_000;
const MESSAGE_BYTES_MAX = 50_000;

const name = (i: number) => `apipod_upstream_errors_total{upstream="ghcp",code="code-${i}-é😀"}`;
const values = (series: Map<string, number> | undefined) =>
  Array.from({ length: SERIES }, (_, i) => series?.get(name(i)));
const expected = (times: number) => Array.from({ length: SERIES }, (_, i) => times * (i + 1));

t.test('no message between primary and workers is large, and every series is whole', async (t) => {
  const cluster = metricsCluster(t, 2, TIMEOUT_MS);
  const workers = await Promise.all([0, 1].map((slot) => cluster.start(slot)));
  await Promise.all(workers.map((worker) => worker.countSeries(SERIES)));
  const [first, second] = await Promise.all(workers.map((worker) => worker.scrape()));
  t.same(values(first), expected(2));
  t.same(values(second), expected(2));
  for (const { longest } of workers) {
    t.ok(longest() > 1_000, 'they are seen');
    t.ok(longest() < MESSAGE_BYTES_MAX, `${longest()} bytes`);
  }
});

t.test('what changes while a walk is under way comes once', async (t) => {
  const cluster = metricsCluster(t, 1, TIMEOUT_MS);
  const worker = await cluster.start(0);
  for (let times = 1; times <= 5; times++) {
    await worker.countSeries(SERIES);
    const scraped = worker.scrape();
    await worker.countSeries(SERIES);
    await scraped;
    t.same(values(await worker.scrape()), expected(2 * times));
  }
});

t.test('a worker that stops leaves nothing behind', async (t) => {
  const cluster = metricsCluster(t, 2, TIMEOUT_MS);
  const [worker, leaver] = await Promise.all([cluster.start(0), cluster.start(1)]);
  await leaver.countSeries(SERIES);
  leaver.process.send({ order: 'stop' });
  await once(leaver.process, 'close');
  t.same(values(await worker.scrape()), expected(1));
});

t.test(
  'a worker killed between two parts keeps the scrape from nobody, and nothing counts twice',
  async (t) => {
    const cluster = metricsCluster(t, 2, TIMEOUT_MS);
    const [worker, victim] = await Promise.all([cluster.start(0), cluster.start(1)]);
    await victim.countSeries(SERIES);
    const scraped = worker.scrape();
    for (;;) {
      const [message] = (await once(victim.process, 'message')) as [{ kind?: string }];
      if (message.kind === 'metrics') break;
    }
    victim.process.kill('SIGKILL');
    const kept = values(await scraped);
    t.ok(
      kept.every((value, i) => value === undefined || value === i + 1),
      'what had been sent is there, once',
    );
  },
);

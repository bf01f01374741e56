// Whichever worker is scraped, the answer is the sum over all of them and the primary.
import t from 'tap';
import { ERRORS, metricsCluster, STREAMS } from '../../fixtures/metrics-cluster.ts';

const WORKERS = 3;
const TIMEOUT_MS = 10_000;

t.test('every worker gives the same sums', async (t) => {
  const cluster = metricsCluster(t, WORKERS, TIMEOUT_MS);
  const workers = await Promise.all([0, 1, 2].map((slot) => cluster.start(slot)));
  cluster.own.counter('usageRowsWritten').value += 7;
  await Promise.all(workers.map((worker, slot) => worker.count(slot + 1)));
  for (const worker of workers) {
    const series = await worker.scrape();
    t.equal(series?.get(ERRORS), 6);
    t.equal(series?.get(STREAMS), 6);
    t.equal(series?.get('apipod_overhead_seconds_count{dialect="openai"}'), 3);
    t.equal(series?.get('apipod_overhead_seconds_sum{dialect="openai"}'), 6);
    t.equal(series?.get('apipod_usage_rows_written_total'), 7);
    for (let slot = 0; slot < WORKERS; slot++) {
      t.equal(series?.get(`apipod_worker_up{worker="${slot}"}`), 1);
    }
  }
});

t.test('simultaneous scrapes do not count anything twice', async (t) => {
  const cluster = metricsCluster(t, 2, TIMEOUT_MS);
  const workers = await Promise.all([0, 1].map((slot) => cluster.start(slot)));
  await Promise.all(workers.map((worker) => worker.count(5)));
  const answers = await Promise.all(workers.map((worker) => worker.scrape()));
  for (const series of answers) t.equal(series?.get(ERRORS), 10);
});

t.test('a text that takes many messages comes whole, also to two who ask at once', async (t) => {
  const cluster = metricsCluster(t, 2, TIMEOUT_MS);
  const workers = await Promise.all([0, 1].map((slot) => cluster.start(slot)));
  const upstreams = Array.from({ length: 900 }, (_, i) => `upstream-${i}-é`);
  upstreams.forEach((upstream, i) => {
    cluster.own.counter('upstreamErrors', upstream, 'a'.repeat(100)).value += i + 1;
  });
  const answers = await Promise.all(workers.map((worker) => worker.scrape()));
  for (const series of answers) {
    const values = upstreams.map((upstream) =>
      series?.get(`apipod_upstream_errors_total{upstream="${upstream}",code="${'a'.repeat(100)}"}`),
    );
    t.same(
      values,
      upstreams.map((_, i) => i + 1),
    );
  }
});

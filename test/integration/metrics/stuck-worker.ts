// A worker whose process is stopped blocks no scrape: its last numbers serve, and what it counts later is not lost.
import t from 'tap';
import { ERRORS, metricsCluster, STREAMS } from '../../fixtures/metrics-cluster.ts';

const TIMEOUT_MS = 1_000;

t.test('a scrape goes on without it', async (t) => {
  const cluster = metricsCluster(t, 2, TIMEOUT_MS);
  const [worker, stuck] = await Promise.all([cluster.start(0), cluster.start(1)]);
  await worker.count(1);
  await stuck.count(10);
  t.equal((await worker.scrape())?.get(ERRORS), 11);

  stuck.process.kill('SIGSTOP');
  await worker.count(1);
  for (let i = 0; i < 2; i++) {
    const series = await worker.scrape();
    t.equal(series?.get(ERRORS), 12, 'its last numbers and the new ones of the other');
    t.equal(series?.get(STREAMS), 12);
    t.equal(series?.get('apipod_worker_up{worker="0"}'), 1);
    t.equal(series?.get('apipod_worker_up{worker="1"}'), 0);
  }

  stuck.process.kill('SIGCONT');
  await stuck.count(10);
  const series = await stuck.scrape();
  t.equal(series?.get(ERRORS), 22, 'late answers count once');
  t.equal(series?.get('apipod_worker_up{worker="1"}'), 1);
});

t.test('a worker gives a scrape up when the primary does not answer', async (t) => {
  const cluster = metricsCluster(t, 1, TIMEOUT_MS);
  const worker = await cluster.start(0);
  cluster.scraper.scrape = () => new Promise(() => {});
  t.equal(await worker.scrape(), undefined);
});

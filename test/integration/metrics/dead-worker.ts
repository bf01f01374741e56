// When a worker dies, what it counted stays, what it was vanishes, and its successor counts on.
import { once } from 'node:events';
import t from 'tap';
import { ERRORS, metricsCluster, STREAMS } from '../../fixtures/metrics-cluster.ts';

t.test('no counter falls when a worker is killed', async (t) => {
  const cluster = metricsCluster(t, 2, 10_000);
  const [first, second] = await Promise.all([cluster.start(0), cluster.start(1)]);
  await first.count(3);
  await second.count(4);
  t.equal((await first.scrape())?.get(ERRORS), 7);

  second.process.kill('SIGKILL');
  await once(second.process, 'close');
  let series = await first.scrape();
  t.equal(series?.get(ERRORS), 7);
  t.equal(series?.get(STREAMS), 3, 'the streams of the dead are not open');
  t.equal(series?.get('apipod_worker_up{worker="1"}'), 0);

  const successor = await cluster.start(1);
  await successor.count(10);
  series = await first.scrape();
  t.equal(series?.get(ERRORS), 17);
  t.equal(series?.get(STREAMS), 13);
  t.equal(series?.get('apipod_worker_up{worker="1"}'), 1);
});

t.test('what a worker pushed unasked is there although no scrape came before its death', async (t) => {
  const cluster = metricsCluster(t, 1, 10_000);
  const worker = await cluster.start(0);
  await worker.count(3);
  for (;;) {
    const [message] = (await once(worker.process, 'message')) as [{ kind?: string }];
    if (message.kind === 'metrics') break;
  }
  worker.process.kill('SIGKILL');
  await once(worker.process, 'close');
  t.match(await cluster.scraper.scrape(), `${ERRORS} 3\n`);
});

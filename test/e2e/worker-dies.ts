// A worker is killed, or stands still: the others go on, the primary replaces it, and the metrics never stop.
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { type Gateway, MODEL_ON, startGateway } from '../fixtures/gateway.ts';
import { poll } from '../fixtures/poll.ts';
import { isAlive } from '../fixtures/program.ts';
import { parseMetrics } from '../fixtures/prometheus.ts';
import { asking } from '../fixtures/sdk.ts';
import { openGet, openPost } from '../fixtures/stream.ts';

/** Enough that each of two workers has some: the chance of none is 1 in 500,000. */
const CONNECTIONS = 20;

/** From whichever worker answers first. */
async function scrape({ url }: Gateway): Promise<Map<string, number>> {
  const readings = Array.from({ length: CONNECTIONS }, async () => {
    const reading = await openGet(`${url}/metrics`);
    await reading.ended;
    if (!reading.whole) throw new Error('cut');
    return reading.text;
  });
  return parseMetrics(await Promise.any(readings));
}

const up = (series: Map<string, number>) =>
  [0, 1].map((worker) => series.get(`apipod_worker_up{worker="${worker}"}`));

t.test('killed', async (t) => {
  const gateway = await startGateway(t);
  const token = await gateway.createKey('cursor-pro-sonnet');
  const script = { text: 'begins. ends.', delayMs: 200 };
  const request = { model: MODEL_ON.ghcp, stream: true, messages: asking(script) };
  const url = `${gateway.url}/v1/chat/completions`;
  const open = () => openPost(url, token, request);
  const readings = await Promise.all(Array.from({ length: CONNECTIONS }, open));
  await Promise.all(readings.map((reading) => reading.until('begins')));
  const [victim] = gateway.workers;
  process.kill(victim!, 'SIGKILL');
  t.match(await gateway.logged(/a worker died/), { pid: victim, reason: 'killed by SIGKILL' });
  const after = await Promise.all(Array.from({ length: CONNECTIONS }, open));

  await Promise.all([...readings, ...after].map(({ ended }) => ended));
  const whole = readings.filter((reading) => reading.whole);
  t.ok(whole.length > 0 && whole.length < CONNECTIONS, 'only its own streams are lost', {
    whole: whole.length,
  });
  t.ok(readings.every((reading) => reading.whole === reading.text.includes('[DONE]')));
  t.ok(
    after.every((reading) => reading.whole),
    'and nothing that comes later',
  );

  await poll('a successor', () => (gateway.workers.length === 3 ? true : undefined));
  const series = await poll('both workers in the metrics', async () => {
    const found = await scrape(gateway);
    return up(found).every((value) => value === 1) ? found : undefined;
  });
  t.equal(series.get('apipod_worker_restarts_total'), 1);
  const rows = await gateway.rows(2 * CONNECTIONS);
  const crashed = rows.filter(({ outcome }) => outcome === 'crashed');
  t.equal(crashed.length, CONNECTIONS - whole.length, 'a row for each stream that broke');
  t.ok(
    crashed.every(({ count_source, input }) => count_source === 'observed' && input > 0),
    'and none is free',
  );
});

t.test('standing still for a while', async (t) => {
  // Long enough for the other worker, on a machine that has much else to do.
  const gateway = await startGateway(t, { env: { METRICS_TIMEOUT_MS: '2000' } });
  const [still] = gateway.workers;
  t.strictSame(up(await scrape(gateway)), [1, 1]);
  process.kill(still!, 'SIGSTOP');
  t.strictSame(up(await scrape(gateway)).sort(), [0, 1], 'a scrape does not wait for it');
  process.kill(still!, 'SIGCONT');
  await poll('the worker to be back', async () =>
    up(await scrape(gateway)).every((value) => value === 1) ? true : undefined,
  );
  t.equal(gateway.workers.length, 2, 'it was not replaced');
});

t.test('standing still for too long', async (t) => {
  const gateway = await startGateway(t, { env: { WORKER_HEARTBEAT_TIMEOUT_MS: '1000' } });
  const [still, other] = gateway.workers;
  process.kill(still!, 'SIGSTOP');
  t.match(await gateway.logged(/a worker is stuck/), { pid: still });
  t.match(await gateway.logged(/a worker died/), { pid: still, reason: 'it was stuck' });
  await poll('a successor', () => (gateway.workers.length === 3 ? true : undefined));
  await poll('both workers in the metrics', async () =>
    up(await scrape(gateway)).every((value) => value === 1) ? true : undefined,
  );
  t.notOk(isAlive(still!));
  t.ok(isAlive(other!), 'a healthy worker is left alone');
  t.equal(gateway.log.filter(({ msg }) => /a worker is stuck/.test(msg)).length, 1);
});

t.test('the primary itself stands still', async (t) => {
  const gateway = await startGateway(t, { env: { WORKER_HEARTBEAT_TIMEOUT_MS: '1000' } });
  gateway.signal('SIGSTOP');
  await pause(1_200);
  gateway.signal('SIGCONT');
  t.strictSame(up(await scrape(gateway)), [1, 1]);
  t.notOk(
    gateway.log.some(({ msg }) => /stuck/.test(msg)),
    'it does not blame the workers',
  );
});

import type { PeerArm } from '../arm.ts';
import { EMPTY, forEachArm, OURS } from './arms.ts';
import { targetOf } from './asking.ts';
import { JSON_MODE, JSON_RATE, type JsonRound, sendJson } from './json.ts';
import { valuesOf, type Work } from './measure.ts';
import { memoryKb } from './proc.ts';
import { scenario } from './work.ts';

const STREAMS = 200;
const PER_SECOND = 100;
const BYTES_PER_SECOND = 50_000;
/** Of one stream, about 12 MB: more than the buffers of all sockets on its way take. */
const BURST = { kind: 'sse', chunks: 12_000, intervalMs: 0, textBytes: 800 } as const;
const SAMPLE_MS = 250;

/** Clients that read slowly what the upstream has ready: who waits, and where the rest lies meanwhile. */
export const slow = scenario(
  'slow-readers',
  `${STREAMS} streams of 12 MB read at ${BYTES_PER_SECOND / 1e3} KB a second, and small JSON beside them`,
  async (work) => {
    await forEachArm(work, ['nginx', 'haproxy', EMPTY, OURS, 'nodeHttp'], (arm) => measureArm(work, arm));
  },
  'nginx',
);

async function measureArm(work: Work, arm: PeerArm): Promise<void> {
  const { bench, load, sheet } = work;
  const [rounds, seconds] = bench.quick ? [2, 1] : [4, 1];
  await bench.upstream.setMode(JSON_MODE);
  await sendJson(work, arm, { seconds: bench.quick ? 1 : 5, rate: JSON_RATE });
  const without: JsonRound[] = [];
  const beside: JsonRound[] = [];
  for (let i = 0; i < rounds; i++) without.push(await sendJson(work, arm, { seconds, rate: JSON_RATE }));
  const before = memoryKb(arm.pids());
  let most = before;
  const sampling = setInterval(() => {
    most = Math.max(most, memoryKb(arm.pids()));
  }, SAMPLE_MS);
  await bench.upstream.setMode(BURST);
  const target = targetOf(arm, true);
  const order = {
    kind: 'hold',
    target,
    streams: STREAMS,
    perSecond: PER_SECOND,
    bytesPerSecond: BYTES_PER_SECOND,
  } as const;
  const { open, failed } = await load.run(order);
  await bench.upstream.setMode(JSON_MODE);
  if (failed > 0) throw new Error(`${arm.name}: only ${open} of ${STREAMS} slow streams are open`);
  for (let i = 0; i < rounds; i++) beside.push(await sendJson(work, arm, { seconds, rate: JSON_RATE }));
  clearInterval(sampling);
  const { ended, bytes } = await load.run({ kind: 'release' });
  if (ended > 0) throw new Error(`${arm.name}: ${ended} of ${STREAMS} slow streams ended`);
  bench.say(`${arm.name}: ${((most - before) / STREAMS).toFixed(0)} KB a stream`);
  sheet.add(arm, 'memory a slow stream, at most', 'KB', [(most - before) / STREAMS]);
  sheet.add(arm, 'read of each stream', 'KB', [bytes / STREAMS / 1024]);
  sheet.add(
    arm,
    'CPU a request, none open',
    'µs',
    valuesOf(without, ({ microsPerRequest }) => microsPerRequest),
  );
  sheet.add(
    arm,
    'CPU a request, streams open',
    'µs',
    valuesOf(beside, ({ microsPerRequest }) => microsPerRequest),
  );
  sheet.add(
    arm,
    'p99, none open',
    'ms',
    valuesOf(without, ({ result }) => result.end.p99),
  );
  sheet.add(
    arm,
    'p99, streams open',
    'ms',
    valuesOf(beside, ({ result }) => result.end.p99),
  );
}

import { sumOf, Trace } from '../../../test/fixtures/guards/strace.ts';
import type { PeerArm } from '../arm.ts';
import { FIGURE, SCENARIO } from '../results.ts';
import { EMPTY, OURS, withArms } from './arms.ts';
import { probeStream, targetOf } from './asking.ts';
import { JSON_MODE, jsonOrder } from './json.ts';
import type { Work } from './measure.ts';
import { scenario } from './work.ts';

const CONNECTIONS = 10;
/** What a traced process can well do. */
const RATE = 500;
const CHUNKS = 100;
const INTERVAL_MS = 10;

/** Counts, not times: the tests of `npm run guards` hold ours to them. */
export const calls = scenario(
  SCENARIO.systemCalls,
  `System calls of the worker (strace): JSON at ${RATE} a second, ${CONNECTIONS} streams with a chunk each ${INTERVAL_MS} ms`,
  async (work) => {
    const { bench, sheet } = work;
    const seconds = bench.quick ? 1 : 4;
    await withArms(bench, sheet, ['nginx', 'haproxy', EMPTY, OURS], async (arms) => {
      await bench.upstream.setMode(JSON_MODE);
      for (const arm of arms) {
        const order = { ...(await jsonOrder(arm, { seconds, rate: RATE })), connections: CONNECTIONS };
        await work.load.run(order);
        const { result, count } = await traced(arm, () => work.load.run(order));
        sheet.add(arm, FIGURE.callsPerRequest, 'calls', [count / result.sent]);
      }
      await bench.upstream.setMode({ kind: 'sse', chunks: CHUNKS, intervalMs: INTERVAL_MS });
      for (const arm of arms) {
        const { result, count } = await traced(arm, () => stream(work, arm, seconds));
        sheet.add(arm, FIGURE.callsPerChunk, 'calls', [count / result.events]);
      }
    });
  },
  'nginx',
);

/** The primary or master, if there is one, comes first; what it does, it does not do for each request. */
async function traced<T>(arm: PeerArm, run: () => Promise<T>): Promise<{ result: T; count: number }> {
  const trace = await Trace.start(arm.pids().at(-1)!);
  try {
    const result = await run();
    return { result, count: sumOf(await trace.stop()) };
  } catch (thrown) {
    await trace.stop();
    throw thrown;
  }
}

async function stream(work: Work, arm: PeerArm, seconds: number) {
  const target = targetOf(arm, true);
  const events = await probeStream(target, CHUNKS);
  const order = { kind: 'streams', target, streams: CONNECTIONS, seconds } as const;
  return work.load.run({ ...order, rampMs: CONNECTIONS, events, intervalMs: INTERVAL_MS });
}

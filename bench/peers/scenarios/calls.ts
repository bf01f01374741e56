import { sumOf, Trace } from '../../../test/fixtures/guards/strace.ts';
import type { PeerArm } from '../arm.ts';
import { FIGURE, SCENARIO } from '../results.ts';
import { EMPTY, OURS, withArms } from './arms.ts';
import { probeStream, targetOf } from './asking.ts';
import { JSON_MODE, jsonOrder } from './json.ts';
import type { Work } from './measure.ts';
import { scenario } from './work.ts';

const CONNECTIONS = 10;
const CHUNKS = 100;
const INTERVAL_MS = 10;
/** A second, or as fast as they are answered. */
const REQUESTS = [
  { figure: FIGURE.callsPerRequestAlone, rate: 500 },
  { figure: FIGURE.callsPerRequest },
] as const;
/** A traced process is slow: many more streams would come late. */
const STREAMS = [
  { figure: FIGURE.callsPerChunkAlone, streams: 5 },
  { figure: FIGURE.callsPerChunk, streams: 100 },
] as const;

/** Counts, not times: the tests of `npm run guards` hold ours to them. */
export const calls = scenario(
  SCENARIO.systemCalls,
  'System calls of the worker (strace), small JSON and streams',
  async (work) => {
    const { bench, sheet } = work;
    const seconds = bench.quick ? 1 : 4;
    sheet.notes.push(
      `Requests on ${CONNECTIONS} connections: alone, ${REQUESTS[0].rate} a second; under load, as fast as they are answered.`,
      `A chunk each ${INTERVAL_MS} ms: alone, in ${STREAMS[0].streams} streams; under load, in ${STREAMS[1].streams}.`,
    );
    await withArms(bench, sheet, ['nginx', 'haproxy', EMPTY, OURS], async (arms) => {
      await bench.upstream.setMode(JSON_MODE);
      for (const arm of arms) {
        for (const { figure, ...options } of REQUESTS) {
          const order = { ...(await jsonOrder(arm, { seconds, ...options })), connections: CONNECTIONS };
          await work.load.run(order);
          const { result, count } = await traced(arm, () => work.load.run(order));
          sheet.add(arm, figure, 'calls', [count / result.sent]);
        }
      }
      await bench.upstream.setMode({ kind: 'sse', chunks: CHUNKS, intervalMs: INTERVAL_MS });
      for (const arm of arms) {
        for (const { figure, streams } of STREAMS) {
          const { result, count } = await traced(arm, () => stream(work, arm, streams, seconds));
          sheet.add(arm, figure, 'calls', [count / result.events]);
        }
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

async function stream(work: Work, arm: PeerArm, streams: number, seconds: number) {
  const target = targetOf(arm, true);
  const events = await probeStream(target, CHUNKS);
  const order = { kind: 'streams', target, streams, seconds } as const;
  return work.load.run({ ...order, rampMs: streams, events, intervalMs: INTERVAL_MS });
}

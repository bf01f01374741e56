import type { PeerArm } from '../arm.ts';
import { askOf } from '../ask.ts';
import type { StreamsResult } from '../load/orders.ts';
import { FIGURE, SCENARIO } from '../results.ts';
import { runWrk } from '../wrk.ts';
import { EMPTY, OURS, withArms } from './arms.ts';
import { probeStream, targetOf } from './asking.ts';
import { type Measured, measure, rotate, valuesOf, type Work } from './measure.ts';
import { scenario } from './work.ts';

const INTERVAL_MS = 20;
const STREAMS_MAX = 1_000;
/** Enough to find out what a chunk costs. */
const STREAMS_FIRST = 200;
/** Of its core, for the arm that needs the most. */
const BUSY_SHARE = 0.7;
const RAMP_MS = 1_000;
const PROMPT = { bytes: 200, stream: true };

/** Streams as models make them: each chunk by itself, a write and a read of its own for everybody. */
export const paced = scenario(
  SCENARIO.paced,
  `SSE at a pace (a chunk each ${INTERVAL_MS} ms, ${STREAMS_MAX} streams or what one core carries in every arm)`,
  async (work) => {
    const { bench, sheet } = work;
    const [seconds, rounds, chunks, warmUpSeconds] = bench.quick ? [2, 1, 50, 1] : [2, 7, 100, 6];
    await withArms(bench, sheet, ['nginx', 'haproxy', EMPTY, OURS, 'nodeHttp'], async (arms) => {
      await bench.upstream.setMode({ kind: 'sse', chunks, intervalMs: 0 });
      for (const arm of arms) await warmUp(arm, warmUpSeconds);
      await bench.upstream.setMode({ kind: 'sse', chunks, intervalMs: INTERVAL_MS });
      let dearest = 0;
      for (const arm of arms) {
        const { perChunk } = await stream(work, arm, STREAMS_FIRST, seconds, chunks);
        dearest = Math.max(dearest, perChunk);
      }
      const carried = Math.floor((BUSY_SHARE * 1e6) / dearest / (1e3 / INTERVAL_MS));
      const streams = Math.min(STREAMS_MAX, carried);
      sheet.notes.push(
        `${streams} streams in every arm: with ${STREAMS_FIRST} the dearest needed ${dearest.toFixed(1)} µs a chunk.`,
      );
      const results = await rotate(arms, rounds, (arm) => stream(work, arm, streams, seconds, chunks));
      for (const arm of arms) {
        const all = results.get(arm)!;
        sheet.add(
          arm,
          FIGURE.cpuPerChunk,
          'µs',
          valuesOf(all, ({ perChunk }) => perChunk),
        );
        sheet.add(
          arm,
          'chunk off its time, p50',
          'ms',
          valuesOf(all, ({ result }) => result.delayError.p50),
        );
        sheet.add(
          arm,
          'chunk off its time, p99',
          'ms',
          valuesOf(all, ({ result }) => result.delayError.p99),
        );
        sheet.add(
          arm,
          FIGURE.loadBusy,
          '%',
          all.map(({ loadBusyPercent }) => loadBusyPercent),
        );
      }
    });
  },
  'nginx',
);

/** So few streams begin here that V8 would compile what begins and ends one for 40 s of the rounds: by bursts it is soon done. */
async function warmUp(arm: PeerArm, seconds: number): Promise<void> {
  await runWrk({ ...askOf(arm, PROMPT), connections: 20, seconds, pauseMs: 5 });
}

interface Round extends Measured<StreamsResult> {
  readonly perChunk: number;
}

async function stream(
  work: Work,
  arm: PeerArm,
  streams: number,
  seconds: number,
  chunks: number,
): Promise<Round> {
  const target = targetOf(arm, true);
  const events = await probeStream(target, chunks);
  const order = {
    kind: 'streams',
    target,
    streams,
    seconds,
    rampMs: RAMP_MS,
    events,
    intervalMs: INTERVAL_MS,
  } as const;
  const measured = await measure(work, arm, () => work.load.run(order));
  const { whole, broken } = measured.result;
  if (broken > 0) throw new Error(`${arm.name}: ${broken} of ${whole + broken} streams broke`);
  const perChunk = measured.cpuMicros / measured.result.events;
  work.bench.say(`${arm.name}: ${streams} streams, ${perChunk.toFixed(1)} µs a chunk`);
  return { ...measured, perChunk };
}

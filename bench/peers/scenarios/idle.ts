import { setTimeout as delay } from 'node:timers/promises';
import type { PeerArm } from '../arm.ts';
import { FIGURE, SCENARIO } from '../results.ts';
import { EMPTY, forEachArm, OURS } from './arms.ts';
import { targetOf } from './asking.ts';
import { forgives, JSON_MODE, JSON_RATE, type JsonRound, sendJson } from './json.ts';
import { measure, valuesOf, type Work } from './measure.ts';
import { memoryKb } from './proc.ts';
import { scenario } from './work.ts';

const STREAMS = 5_000;
const PER_SECOND = 1_000;
/** Rounds of JSON in a row, with the streams open or without. */
const IN_A_ROW = 2;

/** Streams that wait for a model that thinks: what they hold, and what they cost others. */
export const idle = scenario(
  SCENARIO.idle,
  `${STREAMS} idle streams: memory, and small JSON beside them`,
  async (work) => {
    await forEachArm(work, ['nginx', 'haproxy', EMPTY, OURS], (arm) => measureArm(work, arm));
  },
  'nginx',
);

/** By turns without streams and with them, so that what drifts drifts for both. */
async function measureArm(work: Work, arm: PeerArm): Promise<void> {
  const { bench, sheet } = work;
  const [seconds, settleMs] = bench.quick ? [1, 1_000] : [2, 4_000];
  // It is ours that has a goal for the requests beside the streams.
  const turns = bench.quick || arm.name !== OURS ? 1 : 5;
  await bench.upstream.setMode(JSON_MODE);
  await sendJson(work, arm, { seconds: bench.quick ? 1 : 5, rate: JSON_RATE });
  const without: JsonRound[] = [];
  const beside: JsonRound[] = [];
  const memory: number[] = [];
  const alone: number[] = [];
  for (let turn = 0; turn < turns; turn++) {
    for (let i = 0; i < IN_A_ROW; i++) without.push(await sendJson(work, arm, { seconds, rate: JSON_RATE }));
    const before = memoryKb(arm.pids());
    const held = await hold(work, arm);
    const { cpuMicros } = await measure(work, arm, () => delay(settleMs));
    alone.push(cpuMicros / settleMs / 10);
    // Later turns find the room that the first one's streams left.
    if (turn === 0) memory.push((memoryKb(arm.pids()) - before) / held);
    for (let i = 0; i < IN_A_ROW; i++) beside.push(await sendJson(work, arm, { seconds, rate: JSON_RATE }));
    const { open } = await work.load.run({ kind: 'release' });
    if (open !== held) throw new Error(`${arm.name}: ${held - open} of ${held} idle streams ended`);
    await delay(settleMs);
  }
  bench.say(`${arm.name}: ${memory.map((kb) => kb.toFixed(1)).join(', ')} KB a stream`);
  sheet.add(arm, FIGURE.memoryPerIdleStream, 'KB', memory);
  sheet.add(arm, 'CPU of the streams alone', '%', alone);
  sheet.add(
    arm,
    FIGURE.cpuWithoutIdle,
    'µs',
    valuesOf(without, ({ microsPerRequest }) => microsPerRequest),
  );
  sheet.add(
    arm,
    FIGURE.cpuWithIdle,
    'µs',
    valuesOf(beside, ({ microsPerRequest }) => microsPerRequest),
  );
}

/** Leaves the upstream at small JSON for requests that come after. @returns how many are open */
async function hold({ bench, load }: Work, arm: PeerArm): Promise<number> {
  await bench.upstream.setMode({ kind: 'idle' });
  const order = {
    kind: 'hold',
    target: targetOf(arm, true),
    streams: STREAMS,
    perSecond: PER_SECOND,
  } as const;
  const { open, failed } = await load.run(order);
  await bench.upstream.setMode(JSON_MODE);
  if (!forgives(arm, failed, STREAMS))
    throw new Error(`${arm.name}: only ${open} of ${STREAMS} idle streams are open`);
  return open;
}

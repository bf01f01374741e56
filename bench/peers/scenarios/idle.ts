import { setTimeout as delay } from 'node:timers/promises';
import type { PeerArm } from '../arm.ts';
import { FIGURE, SCENARIO } from '../results.ts';
import { EMPTY, forEachArm, OURS, startOurs } from './arms.ts';
import { targetOf } from './asking.ts';
import { forgives, JSON_MODE, JSON_RATE, type JsonRound, sendJson } from './json.ts';
import { measure, valuesOf, type Work } from './measure.ts';
import { memoryKb } from './proc.ts';
import { scenario } from './work.ts';

const STREAMS = 5_000;
const PER_SECOND = 1_000;
const WARM_UP_SECONDS = 5;
/** Rounds of JSON with the streams open, each beside one without. */
const PAIRS = 15;

/** Streams that wait for a model that thinks: what they hold, and what they cost others. */
export const idle = scenario(
  SCENARIO.idle,
  `${STREAMS} idle streams: memory, and small JSON beside them`,
  async (work) => {
    await forEachArm(work, ['nginx', 'haproxy', EMPTY, OURS], (arm) =>
      // It is ours that has a goal for the requests beside the streams.
      arm.name === OURS ? measureOurs(work, arm) : measureArm(work, arm),
    );
  },
  'nginx',
);

interface Held {
  /** KB a stream. */
  readonly memory: number;
  /** % of a core, for the streams alone. */
  readonly alone: number;
}

interface Pairs extends Held {
  readonly without: readonly JsonRound[];
  readonly beside: readonly JsonRound[];
}

async function measureArm(work: Work, arm: PeerArm): Promise<void> {
  const seconds = work.bench.quick ? 1 : 4;
  await warmUp(work, arm);
  const without = [await sendJson(work, arm, { seconds, rate: JSON_RATE })];
  const held = await whileHeld(work, arm, async () => [
    await sendJson(work, arm, { seconds, rate: JSON_RATE }),
  ]);
  const micros = ({ microsPerRequest }: JsonRound) => microsPerRequest;
  report(work, arm, [held], {
    without: valuesOf(without, micros),
    beside: valuesOf(held.result, micros),
  });
}

/**
 * Two gateways that run beside each other: one has the streams, the other has none, and they are asked in turn, in short
 * rounds, so that what drifts drifts for both; then they change places, so that what one of them costs more by itself
 * falls out. Opening the streams and closing them takes so long that pairs in one gateway would be half a minute apart.
 */
async function measureOurs(work: Work, first: PeerArm): Promise<void> {
  const second = await startOurs(work.bench.upstream);
  try {
    await warmUp(work, first);
    await warmUp(work, second);
    const halves = [await inPairs(work, first, second), await inPairs(work, second, first)];
    work.sheet.notes.push(
      'ours: two gateways, of which first one and then the other has the streams; with and without are asked in turn, 1 s each, and a value is the mean of both gateways.',
    );
    report(work, first, halves, {
      without: meansOf(halves.map(({ without }) => without)),
      beside: meansOf(halves.map(({ beside }) => beside)),
    });
  } finally {
    await second.stop();
  }
}

async function warmUp(work: Work, arm: PeerArm): Promise<void> {
  await work.bench.upstream.setMode(JSON_MODE);
  await sendJson(work, arm, { seconds: work.bench.quick ? 1 : WARM_UP_SECONDS, rate: JSON_RATE });
}

/** @param one has the streams @param other has none */
async function inPairs(work: Work, one: PeerArm, other: PeerArm): Promise<Pairs> {
  const without: JsonRound[] = [];
  const beside: JsonRound[] = [];
  const send = async (arm: PeerArm, rounds: JsonRound[]) => {
    rounds.push(await sendJson(work, arm, { seconds: 1, rate: JSON_RATE }));
  };
  const { memory, alone } = await whileHeld(work, one, async () => {
    for (let pair = 0; pair < (work.bench.quick ? 1 : PAIRS); pair++) {
      if (pair % 2 === 0) await send(other, without);
      await send(one, beside);
      if (pair % 2 === 1) await send(other, without);
    }
  });
  return { memory, alone, without, beside };
}

/** Of each round what all gateways took on average; undefined where the round is void for one of them. */
function meansOf(gateways: readonly (readonly JsonRound[])[]): (number | undefined)[] {
  return gateways[0]!.map((_, i) => {
    const rounds = gateways.map((all) => all[i]!);
    if (rounds.some(({ counts }) => !counts)) return undefined;
    return rounds.reduce((sum, { microsPerRequest }) => sum + microsPerRequest, 0) / rounds.length;
  });
}

/** Opens the streams, and closes them again when `run` is done. */
async function whileHeld<T>(
  work: Work,
  arm: PeerArm,
  run: () => Promise<T>,
): Promise<Held & { readonly result: T }> {
  const settleMs = work.bench.quick ? 1_000 : 4_000;
  const before = memoryKb(arm.pids());
  const held = await hold(work, arm);
  const { cpuMicros } = await measure(work, arm, () => delay(settleMs));
  const alone = cpuMicros / settleMs / 10;
  const memory = (memoryKb(arm.pids()) - before) / held;
  work.bench.say(`${arm.name}: ${memory.toFixed(1)} KB a stream`);
  const result = await run();
  const { open } = await work.load.run({ kind: 'release' });
  if (open !== held) throw new Error(`${arm.name}: ${held - open} of ${held} idle streams ended`);
  await delay(settleMs);
  return { memory, alone, result };
}

function report(
  { sheet }: Work,
  arm: PeerArm,
  turns: readonly Held[],
  { without, beside }: Readonly<Record<'without' | 'beside', readonly (number | undefined)[]>>,
): void {
  const memory = turns.map(({ memory }) => memory);
  const alone = turns.map(({ alone }) => alone);
  sheet.add(arm, FIGURE.memoryPerIdleStream, 'KB', memory);
  sheet.add(arm, 'CPU of the streams alone', '%', alone);
  sheet.add(arm, FIGURE.cpuWithoutIdle, 'µs', without);
  sheet.add(arm, FIGURE.cpuWithIdle, 'µs', beside);
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

import type { PeerArm } from '../arm.ts';
import { FIGURE, SCENARIO } from '../results.ts';
import { EMPTY, OURS, withArms } from './arms.ts';
import { capacity, JSON_MODE, type JsonRound, sendJson } from './json.ts';
import { rotate, valuesOf, type Work } from './measure.ts';
import { scenario } from './work.ts';

/** Of what the gateway can do. */
const SHARE = 0.3;
const QUANTILES = [
  ['p50', 'p50'],
  ['p99', 'p99'],
  ['p999', 'p99.9'],
] as const;

/** What each adds to the time until the first byte, at a rate that is the same for all. */
export const ttfb = scenario(
  SCENARIO.latency,
  `Time to the first byte, small JSON, open loop at ${SHARE * 100} % of what the gateway can do`,
  async (work) => {
    const { bench, sheet } = work;
    const [seconds, rounds] = bench.quick ? [2, 1] : [3, 7];
    await bench.upstream.setMode(JSON_MODE);
    await withArms(bench, sheet, ['direct', 'nginx', 'haproxy', EMPTY, OURS], async (arms) => {
      const rate = Math.round(SHARE * (await capacity(work, named(arms, OURS))));
      sheet.notes.push(`${rate} requests a second, timed from when each was due.`);
      bench.say(`${rate} requests a second`);
      const results = await rotate(arms, rounds, (arm) => sendJson(work, arm, { seconds, rate }));
      for (const arm of arms) report(work, arm, results.get(arm)!, results.get(named(arms, 'direct'))!);
    });
  },
  'nginx',
);

/** @throws if it does not run */
function named(arms: readonly PeerArm[], name: string): PeerArm {
  const arm = arms.find((arm) => arm.name === name);
  if (arm === undefined) throw new Error(`${name} is needed`);
  return arm;
}

function report(
  { sheet }: Work,
  arm: PeerArm,
  rounds: readonly JsonRound[],
  without: readonly JsonRound[],
): void {
  for (const [key, label] of QUANTILES) {
    sheet.add(
      arm,
      `time to first byte, ${label}`,
      'ms',
      valuesOf(rounds, ({ result }) => result.firstByte[key]),
    );
  }
  for (const [key, label] of QUANTILES) {
    const added = rounds.map(({ counts, result }, i) =>
      counts && without[i]!.counts ? result.firstByte[key] - without[i]!.result.firstByte[key] : undefined,
    );
    sheet.add(
      arm,
      key === 'p99' ? FIGURE.addedFirstByteP99 : `added time to first byte, ${label}`,
      'ms',
      added,
    );
  }
  sheet.add(
    arm,
    'client late, p99',
    'ms',
    valuesOf(rounds, ({ result }) => result.slip.p99),
  );
  sheet.add(
    arm,
    FIGURE.loadBusy,
    '%',
    rounds.map(({ loadBusyPercent }) => loadBusyPercent),
  );
}

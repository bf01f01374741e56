import type { PeerArm } from '../arm.ts';
import { tokenSql } from '../load/keys.ts';
import type { Keys } from '../load/orders.ts';
import { FIGURE, SCENARIO } from '../results.ts';
import { type OursArm, startOurs } from './arms.ts';
import { JSON_MODE, type JsonRound, sendJson } from './json.ts';
import { rotate, valuesOf, type Work } from './measure.ts';
import { memoryKb } from './proc.ts';
import { scenario } from './work.ts';

const FEW = 1_000;
const MANY = 1_000_000;
/** Their INSERT takes half a minute: too long for a quick look. */
const MANY_QUICK = 100_000;
const CHOICES = ['uniform', 'zipf'] as const;

interface Crowd {
  readonly arm: OursArm;
  readonly count: number;
}

/** Many clients: what it costs to know them all, and to get to know them. */
export const keys = scenario(
  SCENARIO.keys,
  `${MANY.toLocaleString('en')} keys against ${FEW.toLocaleString('en')}, small JSON`,
  async (work) => {
    await work.bench.upstream.setMode(JSON_MODE);
    await compareCrowds(work);
    if (work.bench.quick) work.sheet.notes.push(`Quick: ${MANY_QUICK} keys stand for a million.`);
    work.sheet.notes.push(
      'Every key has been asked for once beforehand ("the first time"). Uniform unless it says Zipf (exponent 1).',
    );
  },
);

async function compareCrowds(work: Work): Promise<void> {
  const crowds: Crowd[] = [];
  try {
    for (const count of [FEW, work.bench.quick ? MANY_QUICK : MANY]) {
      const arm = await startOurs(work.bench.upstream);
      crowds.push({ arm, count });
      await insertKeys(arm, count);
      work.bench.say(`${count} keys are in`);
    }
    await run(work, crowds);
  } finally {
    await Promise.all(crowds.map(({ arm }) => arm.stop()));
  }
}

/** The users get the plan of the key that the arm has already. One statement: one notification for all. */
export async function insertKeys(arm: OursArm, count: number): Promise<void> {
  await arm.query(`INSERT INTO users (username, apitoken, sub_id)
    SELECT 'bench', encode(sha256(convert_to(${tokenSql('i')}, 'UTF8')), 'hex'), (SELECT max(sub_id) FROM users)
    FROM generate_series(0, ${count - 1}) AS i`);
  await arm.query('ANALYZE users');
}

async function run(work: Work, crowds: readonly Crowd[]): Promise<void> {
  const { bench, sheet } = work;
  const [seconds, rounds] = bench.quick ? [1, 1] : [2, 7];
  const [few, many] = crowds as [Crowd, Crowd];
  const send = ({ arm, count }: Crowd, choice: Keys['choice'], length = seconds): Promise<JsonRound> =>
    sendJson(work, arm, { seconds: length, keys: { count, choice } });
  for (const crowd of crowds) {
    const first: JsonRound[] = [];
    for (let left = crowd.count; left > 0; left -= first.at(-1)!.result.sent) {
      first.push(await send(crowd, 'in-turn', 5));
    }
    // The last of them goes on with keys that are known.
    if (crowd === many) reportFirst(work, crowd, first.slice(0, -1));
  }
  const more: number[] = [];
  for (const choice of CHOICES) {
    const results = await rotate(crowds, rounds, async (crowd) => {
      const round = await send(crowd, choice);
      if (crowd === many) more.push(workerMb(many.arm) - workerMb(few.arm));
      return round;
    });
    const suffix = choice === 'zipf' ? ', Zipf' : '';
    for (const [crowd, label] of [
      [few, FIGURE.cpuFewKeys],
      [many, FIGURE.cpuManyKeys],
    ] as const) {
      const all = results.get(crowd)!;
      sheet.add(
        crowd.arm,
        label + suffix,
        'µs',
        valuesOf(all, ({ microsPerRequest }) => microsPerRequest),
      );
      sheet.add(
        crowd.arm,
        `database ${label}${suffix}`,
        'µs',
        valuesOf(all, ({ databasePerRequest }) => databasePerRequest),
      );
      bench.say(
        `${crowd.arm.name}, ${crowd.count} keys, ${choice}: ${all.map((r) => r.microsPerRequest.toFixed(1))} µs`,
      );
    }
  }
  sheet.add(many.arm, FIGURE.memoryManyKeys, 'MB', more);
}

function reportFirst({ sheet }: Work, { arm }: Crowd, rounds: readonly JsonRound[]): void {
  const add = (label: string, read: (round: JsonRound) => number) =>
    sheet.add(arm, `${label}, the first time`, 'µs', valuesOf(rounds, read));
  add(FIGURE.cpuManyKeys, ({ microsPerRequest }) => microsPerRequest);
  add(`database ${FIGURE.cpuManyKeys}`, ({ databasePerRequest }) => databasePerRequest);
}

/** Of the worker: the first process is the primary, which knows no keys. */
function workerMb(arm: PeerArm): number {
  return memoryKb(arm.pids().slice(1)) / 1024;
}

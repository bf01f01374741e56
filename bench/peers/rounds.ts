import { reasonOf } from './kinds.ts';
import type { ScenarioResult } from './results.ts';

/** A measurement of one arm in one round. */
export interface Sample {
  /** Of the core of load and upstream: 0 to 1. */
  readonly loadBusy: number;
}

export interface Runner<S extends Sample> {
  readonly name: string;
  /** Whether it may fill the load's core: true for what has no gateway in it. */
  readonly ceiling?: boolean;
  /** @throws if an answer is bad: the arm is then out */
  measure(): Promise<S>;
}

export interface Rounds<S> {
  /** By the name of the runner, then by round; undefined where no attempt was good. */
  readonly samples: ReadonlyMap<string, readonly (S | undefined)[]>;
  /** Attempts that do not count. */
  readonly voided: number;
  /** Runners that threw; they have no samples. */
  readonly failed: ScenarioResult['missing'];
}

/** Above that the load, not the arm, may be what is measured. */
export const LOAD_BUSY_MAX = 0.85;
/** At one measurement. */
const ATTEMPTS = 3;

export interface Plan {
  /** Measurements of each runner that do not count, before the first that does: what compiles as it runs needs seconds. */
  readonly warmUps: number;
  readonly rounds: number;
  /** In all: on a machine that is never quiet the end comes all the same. */
  readonly repeatsMax: number;
  /** Whether void rounds are shown all the same. */
  readonly keepVoid?: boolean;
}

export function isVoid({ ceiling = false }: Pick<Runner<Sample>, 'ceiling'>, { loadBusy }: Sample): boolean {
  return !ceiling && loadBusy > LOAD_BUSY_MAX;
}

/**
 * All runners in each round, one after the other, in an order that each round begins one further on; after the warm-up
 * of each. What is void is measured again at once, a few times.
 */
export async function runRounds<S extends Sample>(
  runners: readonly Runner<S>[],
  { warmUps, rounds, repeatsMax, keepVoid = false }: Plan,
): Promise<Rounds<S>> {
  const samples = new Map<string, (S | undefined)[]>();
  const failed: { arm: string; reason: string }[] = [];
  let voided = 0;
  let repeats = 0;

  async function attempt(runner: Runner<S>): Promise<S | undefined> {
    for (let attempts = 1; ; attempts++) {
      const sample = await runner.measure();
      if (!isVoid(runner, sample)) return sample;
      voided++;
      if (keepVoid) return sample;
      if (attempts === ATTEMPTS || repeats === repeatsMax) return undefined;
      repeats++;
    }
  }
  async function unlessFailed(runner: Runner<S>, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (thrown) {
      samples.delete(runner.name);
      failed.push({ arm: runner.name, reason: reasonOf(thrown) });
    }
  }

  for (const runner of runners) {
    await unlessFailed(runner, async () => {
      for (let i = 0; i < warmUps; i++) await runner.measure();
      samples.set(runner.name, []);
    });
  }
  for (let round = 0; round < rounds; round++) {
    for (const runner of rotated(runners, round)) {
      const list = samples.get(runner.name);
      if (list !== undefined) await unlessFailed(runner, async () => void list.push(await attempt(runner)));
    }
  }
  return { samples, voided, failed };
}

/** The same ones, beginning with another one each round. */
export function rotated<T>(items: readonly T[], round: number): T[] {
  const first = round % Math.max(1, items.length);
  return [...items.slice(first), ...items.slice(0, first)];
}

/** A measurement of one arm in one round. */
export interface Sample {
  /** Of the core of load and upstream: 0 to 1. */
  readonly loadBusy: number;
}

export interface Runner<S extends Sample> {
  readonly name: string;
  /** Whether it may fill the load's core: true for what has no gateway in it. */
  readonly ceiling?: boolean;
  measure(): Promise<S>;
}

export interface Rounds<S> {
  /** By runner, then by round; undefined where no attempt was good. */
  readonly samples: readonly (readonly (S | undefined)[])[];
  /** Attempts that do not count. */
  readonly voided: number;
}

/** Above that the load, not the arm, may be what is measured. */
export const LOAD_BUSY_MAX = 0.85;
const ATTEMPTS = 3;

export function isVoid({ ceiling = false }: Pick<Runner<Sample>, 'ceiling'>, { loadBusy }: Sample): boolean {
  return !ceiling && loadBusy > LOAD_BUSY_MAX;
}

/**
 * All runners in each round, one after the other, in an order that each round begins one further on; after one measurement
 * each that does not count. What is void is measured again at once, a few times.
 */
export async function runRounds<S extends Sample>(
  runners: readonly Runner<S>[],
  rounds: number,
): Promise<Rounds<S>> {
  for (const runner of runners) await runner.measure();
  const samples = runners.map((): (S | undefined)[] => []);
  let voided = 0;
  for (let round = 0; round < rounds; round++) {
    for (const i of rotated(runners.length, round)) {
      const runner = runners[i]!;
      let sample: S | undefined;
      for (let attempt = 0; attempt < ATTEMPTS && sample === undefined; attempt++) {
        const tried = await runner.measure();
        if (isVoid(runner, tried)) voided++;
        else sample = tried;
      }
      samples[i]!.push(sample);
    }
  }
  return { samples, voided };
}

/** The numbers below `count`, beginning with another one each round. */
export function rotated(count: number, round: number): number[] {
  return Array.from({ length: count }, (_, i) => (i + round) % count);
}

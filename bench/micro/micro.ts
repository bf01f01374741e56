import { type Spread, spread } from '../statistics.ts';

/** A claim of a docstring, measured: what the code does against what it does not do. */
export interface MicroResult {
  /** As the docstring names its bench case. */
  readonly name: string;
  readonly claim: string;
  readonly unit: string;
  readonly ours: Spread;
  readonly other: Spread;
}

/** Does something so many times, for the sake of the time that it takes. */
export type Work = (times: number) => void | Promise<void>;

const ROUNDS = 6;
/** Of the rounds, that nothing is counted of. */
const WARM_UP_ROUNDS = 2;

/** CPU µs of this process for one time of either, in turn (A B B A …). @param times in one round */
export async function measure(
  times: number,
  ours: Work,
  other: Work,
): Promise<Pick<MicroResult, 'ours' | 'other'>> {
  const micros: [number[], number[]] = [[], []];
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    for (const which of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const before = process.cpuUsage();
      await (which === 0 ? ours : other)(times);
      const { user, system } = process.cpuUsage(before);
      if (round >= WARM_UP_ROUNDS) micros[which].push((user + system) / times);
    }
  }
  return { ours: spread(micros[0]), other: spread(micros[1]) };
}

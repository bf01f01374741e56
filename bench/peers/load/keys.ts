import type { Keys } from './orders.ts';

const DIGITS = 43;

/** As long as the tokens that the gateway makes. `tokenSql` gives the same in SQL. */
export function tokenOf(index: number): string {
  return `apk_${String(index).padStart(DIGITS, '0')}`;
}

/** @param index an SQL expression of an integer */
export function tokenSql(index: string): string {
  return `('apk_' || lpad((${index})::text, ${DIGITS}, '0'))`;
}

/** Chooses the key of the next request. */
export function chooser(
  { count, from = 0, choice }: Keys,
  random: () => number = randomFrom(1),
): () => number {
  if (choice === 'uniform') return () => from + Math.floor(random() * count);
  if (choice === 'zipf') {
    const sample = zipf(count, random);
    return () => from + sample();
  }
  let next = 0;
  return () => from + (next++ % count);
}

/** Samples 0 … count - 1, the i-th in proportion to 1 / (i + 1): Zipf's law with the exponent 1. */
export function zipf(count: number, random: () => number): () => number {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    sum += 1 / (i + 1);
    sums[i] = sum;
  }
  return () => {
    const wanted = random() * sum;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (sums[middle]! > wanted) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}

/** The same numbers in [0, 1) in each run: Marsaglia's xorshift32. @param seed not 0 */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    return state / 2 ** 32;
  };
}

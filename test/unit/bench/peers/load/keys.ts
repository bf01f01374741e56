// Which key the load client's next request has.
import { createHash } from 'node:crypto';
import t from 'tap';
import { chooser, randomFrom, tokenOf, zipf } from '../../../../../bench/peers/load/keys.ts';

const DRAWS = 200_000;

function frequencies(sample: () => number, count: number): number[] {
  const seen = new Array<number>(count).fill(0);
  for (let i = 0; i < DRAWS; i++) seen[sample()]!++;
  return seen.map((times) => times / DRAWS);
}

t.test('Zipf: the i-th comes in proportion to 1 / i, and all of them come', async (t) => {
  const seen = frequencies(zipf(50, randomFrom(7)), 50);
  const sum = seen.reduce((total, _, i) => total + 1 / (i + 1), 0);
  for (const [i, share] of seen.entries()) {
    const expected = 1 / (i + 1) / sum;
    t.ok(Math.abs(share - expected) < 0.05 * expected + 0.001, `${i}: ${share}, not ${expected}`);
  }
});

t.test('Zipf: takes both ends of the random numbers', async (t) => {
  t.equal(zipf(1_000, () => 0)(), 0);
  t.equal(zipf(1_000, () => 1 - 2 ** -32)(), 999);
  t.equal(zipf(1, () => 0.5)(), 0);
});

t.test('uniform: all come alike', async (t) => {
  for (const share of frequencies(chooser({ count: 10, choice: 'uniform' }, randomFrom(3)), 10)) {
    t.ok(Math.abs(share - 0.1) < 0.005);
  }
});

t.test('in turn: one after the other from the first, and again', async (t) => {
  const next = chooser({ count: 3, from: 100, choice: 'in-turn' });
  t.same(Array.from({ length: 4 }, next), [100, 101, 102, 100]);
});

t.test('the same random numbers in each run', async (t) => {
  const [a, b] = [randomFrom(5), randomFrom(5)];
  t.same(Array.from({ length: 100 }, a), Array.from({ length: 100 }, b));
});

t.test('tokens are of one length and each its own', async (t) => {
  const tokens = [0, 1, 999_999].map(tokenOf);
  t.same(
    tokens.map(({ length }) => length),
    [47, 47, 47],
  );
  t.equal(new Set(tokens.map((token) => createHash('sha256').update(token).digest('hex'))).size, 3);
});

// Picks follow the weights, whatever these sum to, and never leave the plan: names lead to items as the contract says.
import t from 'tap';
import { Picker } from '../../../../src/core/routing/picker.ts';
import type { Plan, QuotaItem } from '../../../../src/core/types.ts';
import { seeded } from '../../../fixtures/random.ts';

const PICKS = 20_000;
/** The value that chi-square stays below in 99.9 % of all runs, by degrees of freedom. */
const CHI_SQUARE_999 = [0, 10.83, 13.82, 16.27, 18.47, 20.52];

const everything = () => true;

function plan(...items: readonly [model: string, upstream: string, weight: number][]): Plan {
  return {
    subId: 1,
    name: 'the-plan',
    countBasis: 'reported',
    drainMs: 0,
    items: items.map(([model, upstream, weight], i) => ({ quotaId: i + 1, model, upstream, weight })),
  };
}

const OPUS = plan(
  ['claude-opus-4-5-thinking', 'antigravity', 20],
  ['claude-opus-4-6-thinking', 'antigravity', 10],
  ['claude-opus-4-6-thinking', 'ghcp', 10],
  ['claude-sonnet-4.5', 'ghcp', 30],
  ['gemini-3-flash', 'antigravity', 30],
  ['gpt-5-mini', 'ghcp', 30],
);

function chiSquare(items: readonly QuotaItem[], picked: ReadonlyMap<number, number>): number {
  const weights = items.reduce((sum, { weight }) => sum + weight, 0);
  return items.reduce((sum, { quotaId, weight }) => {
    const expected = (PICKS * weight) / weights;
    return sum + ((picked.get(quotaId) ?? 0) - expected) ** 2 / expected;
  }, 0);
}

function pickMany(picker: Picker, model: string): Map<number, number> {
  const random = seeded(20_261_123);
  const candidates = picker.candidates(model);
  const picked = new Map<number, number>();
  for (let i = 0; i < PICKS; i++) {
    const { quotaId } = candidates.pick(random);
    picked.set(quotaId, (picked.get(quotaId) ?? 0) + 1);
  }
  return picked;
}

t.test('weights decide', async (t) => {
  const plans = {
    'two halves': plan(['a', 'x', 50], ['b', 'y', 50]),
    'a sum of 100': plan(['a', 'x', 20], ['b', 'y', 10], ['c', 'x', 40], ['d', 'y', 30]),
    'a sum of 130': OPUS,
    'far apart': plan(['a', 'x', 1], ['b', 'x', 999]),
  };
  for (const [name, { items, ...rest }] of Object.entries(plans)) {
    const picked = pickMany(new Picker({ ...rest, items }, everything), 'auto');
    const found = chiSquare(items, picked);
    t.ok(found < CHI_SQUARE_999[items.length - 1]!, name, { found, picked: [...picked] });
  }
});

t.test('the test can fail', async (t) => {
  const picked = pickMany(new Picker(OPUS, everything), 'auto');
  const wrong = OPUS.items.map((item) => ({ ...item, weight: item.quotaId === 1 ? 22 : item.weight }));
  t.ok(chiSquare(wrong, picked) > CHI_SQUARE_999[5]!, 'a weight of 22 in place of 20 shows');
});

t.test('the edges of what a random source gives', async (t) => {
  const candidates = new Picker(OPUS, everything).candidates('auto');
  t.equal(candidates.pick(() => 0).quotaId, 1);
  t.equal(candidates.pick(() => 1 - Number.EPSILON / 2).quotaId, 6);
});

t.test('the name of an item picks among its items, by their weights', async (t) => {
  const picker = new Picker(plan(['a', 'x', 3], ['b', 'x', 50], ['a', 'y', 1]), everything);
  const picked = pickMany(picker, 'a');
  t.strictSame([...picked.keys()].sort(), [1, 3]);
  t.ok(Math.abs(picked.get(1)! / PICKS - 0.75) < 0.02);
});

t.test('any other name picks among the whole plan', async (t) => {
  const picker = new Picker(OPUS, everything);
  for (const name of ['the-plan', 'auto', '', 'gpt-99', 'GPT-5-MINI', '__proto__']) {
    t.equal(pickMany(picker, name).size, 6, name);
  }
});

t.test('what cannot be reached is never picked', async (t) => {
  const picker = new Picker(OPUS, ({ upstream }) => upstream === 'ghcp');
  t.strictSame([...pickMany(picker, 'auto').keys()].sort(), [3, 4, 6]);
  t.strictSame([...pickMany(picker, 'claude-opus-4-6-thinking').keys()], [3]);
  t.ok(picker.candidates('gemini-3-flash').empty, 'nor anything else in place of a model that was named');
});

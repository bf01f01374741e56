// Goals against results: which figure is read, when a goal is met, and when a ratio says nothing.
import t from 'tap';
import { bandOf, type Goal, goals, judge } from '../../../../bench/peers/goals.ts';
import { type Figure, ratioOf, type ScenarioResult, spreadOf } from '../../../../bench/peers/results.ts';

const cpu = (...values: Figure['values']): Figure => ({ name: 'cpu', unit: 'µs', values });
const arm = (name: string, ...figures: Figure[]) => ({ arm: name, version: '', figures });

function result(...arms: ScenarioResult['arms']): ScenarioResult {
  const base = { scenario: 's', title: '', voided: 0, missing: [], notes: [] };
  return { ...base, arms, reference: 'nginx', twin: 'again' };
}

const goal: Goal = {
  title: '',
  scenario: 's',
  arm: 'ours',
  figure: 'cpu',
  by: { arm: 'nginx' },
  bound: 'at most',
  limit: 2,
  unit: 'ratio',
};

t.test('a ratio is taken round by round, and only where both have a value', async (t) => {
  const ratio = ratioOf(cpu(10, undefined, 30, 50), cpu(10, 10, 10, undefined));
  t.strictSame(ratio, { median: 2, min: 1, max: 3 });
  t.equal(ratioOf(cpu(undefined), cpu(1)), undefined);
  t.equal(ratioOf(cpu(1), cpu(0)), undefined);
  t.equal(spreadOf([]), undefined);
});

t.test('the median decides', async (t) => {
  const verdict = (...values: number[]) =>
    judge(goal, [result(arm('nginx', cpu(10, 10, 10)), arm('ours', cpu(...values)))]);
  t.match(verdict(10, 20, 90), { state: 'met', value: { median: 2, min: 1, max: 9 } });
  t.match(verdict(10, 21, 22), { state: 'missed' });
});

t.test('at least', async (t) => {
  const results = [result(arm('nginx', cpu(10)), arm('ours', cpu(20)))];
  t.equal(judge({ ...goal, bound: 'at least', limit: 2 }, results).state, 'met');
  t.equal(judge({ ...goal, bound: 'at least', limit: 2.1 }, results).state, 'missed');
});

t.test('two figures of one arm, and a figure by itself', async (t) => {
  const results = [result(arm('ours', cpu(10), { name: 'more', unit: 'µs', values: [15] }))];
  t.equal(judge({ ...goal, figure: 'more', by: { figure: 'cpu' } }, results).value?.median, 1.5);
  const { by: _, ...alone } = goal;
  t.equal(judge(alone, results).value?.median, 10);
});

t.test('what no scenario delivers is not measured', async (t) => {
  const states = [
    [],
    [result(arm('ours', cpu(1)))],
    [result(arm('nginx', cpu(1)), arm('ours', cpu(undefined)))],
  ];
  for (const results of states) t.equal(judge(goal, results).state, 'not measured');
});

t.test('a ratio between arms within the A/A band is told', async (t) => {
  const reference = arm('nginx', cpu(10, 10, 10));
  const twin = arm('again', cpu(9, 10, 12));
  t.strictSame(bandOf(result(reference, twin), 'cpu'), { median: 1, min: 0.9, max: 1.2 });
  const inBand = (value: number) =>
    judge(goal, [result(reference, twin, arm('ours', cpu(value, value, value)))]).inBand;
  t.equal(inBand(11.9), true);
  t.equal(inBand(12.1), false);
  t.equal(inBand(8.9), false);
  t.equal(judge(goal, [result(reference, arm('ours', cpu(1, 1, 1)))]).inBand, undefined, 'no twin, no band');
});

t.test('each goal has a name of its own', async (t) => {
  t.equal(new Set(goals.map(({ title }) => title)).size, goals.length);
});

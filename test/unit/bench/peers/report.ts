// What a report says of a part of the scenarios, and of one that has measured nothing.
import t from 'tap';
import { goals } from '../../../../bench/peers/goals.ts';
import { render, unmeasuredIn, verdictsOf } from '../../../../bench/peers/report.ts';
import { type Figure, SCENARIO, type ScenarioResult } from '../../../../bench/peers/results.ts';

const cpu = (...values: Figure['values']): Figure => ({ name: 'CPU a request', unit: 'µs', values });
const once: Figure = { name: 'memory', unit: 'KB', values: [12] };
const arm = (name: string, ...figures: Figure[]) => ({ arm: name, version: '', figures });
const result = (scenario: string, ...arms: ScenarioResult['arms']): ScenarioResult => ({
  scenario,
  title: `The title of ${scenario}`,
  arms,
  voided: 0,
  missing: [],
  notes: [],
});
const run = (...results: ScenarioResult[]) => ({
  results,
  failed: [],
  quick: false,
  minutes: 1,
  circumstances: [],
});

t.test('goals are those of the scenarios that were asked for', async (t) => {
  const verdicts = verdictsOf(run(result(SCENARIO.keys, arm('ours', cpu(1)))));
  t.strictSame(
    verdicts.map(({ goal }) => goal),
    goals.filter(({ scenario }) => scenario === SCENARIO.keys),
  );
  t.ok(verdicts.length > 0);
  const failed = verdictsOf({ results: [], failed: [{ scenario: SCENARIO.scrape, reason: 'x' }] });
  t.match(failed, [{ goal: { scenario: SCENARIO.scrape }, state: 'not measured' }]);
});

t.test('a scenario all of whose rounds are void is told', async (t) => {
  const all = [
    result('void', arm('nginx', cpu(undefined, undefined), once), arm('ours', cpu(undefined, undefined))),
    result('partly', arm('nginx', cpu(undefined, undefined)), arm('ours', cpu(undefined, 3))),
    result('nobody'),
  ];
  t.same(
    unmeasuredIn(all).map(({ scenario }) => scenario),
    ['void', 'nobody'],
  );
  const report = render(run(...all));
  t.match(report, /^\*\*Nothing was measured in `void`, `nobody`: .*\*\*$/m);
  t.notMatch(render(run(all[1]!)), /Nothing was measured/);
});

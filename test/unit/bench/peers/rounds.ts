// Rounds of a comparison: who is measured when, what is void, and what becomes of an arm that fails.
import t from 'tap';
import {
  isVoid,
  LOAD_BUSY_MAX,
  type Runner,
  rotated,
  runRounds,
  type Sample,
} from '../../../../bench/peers/rounds.ts';

/** Notes its name whenever it is measured. @param busy of the load's core, call by call; the last one goes on */
function runner(name: string, order: string[], busy: readonly number[] = [0]): Runner<Sample> {
  let calls = 0;
  return {
    name,
    measure: async () => {
      order.push(name);
      return { loadBusy: busy[Math.min(calls++, busy.length - 1)]! };
    },
  };
}

t.test('after a warm-up each round begins one further on', async (t) => {
  const order: string[] = [];
  const { samples } = await runRounds(
    ['a', 'b', 'c'].map((name) => runner(name, order)),
    { warmUps: 2, rounds: 4, repeatsMax: 0 },
  );
  t.equal(order.join(''), 'aabbcc' + 'abc' + 'bca' + 'cab' + 'abc');
  t.strictSame(
    [...samples].map(([name, { length }]) => [name, length]),
    [
      ['a', 4],
      ['b', 4],
      ['c', 4],
    ],
  );
});

t.test('none can be rotated', async (t) => t.strictSame(rotated([], 3), []));

t.test('a round is void above the limit, save for what is the ceiling', async (t) => {
  t.notOk(isVoid({}, { loadBusy: LOAD_BUSY_MAX }));
  t.ok(isVoid({}, { loadBusy: LOAD_BUSY_MAX + 0.01 }));
  t.notOk(isVoid({ ceiling: true }, { loadBusy: 1 }));
});

t.test('what is void is measured again at once', async (t) => {
  const order: string[] = [];
  const { samples, voided } = await runRounds([runner('a', order, [0, 1, 0.5]), runner('b', order)], {
    warmUps: 1,
    rounds: 1,
    repeatsMax: 9,
  });
  t.equal(order.join(''), 'abaab');
  t.strictSame(samples.get('a'), [{ loadBusy: 0.5 }]);
  t.equal(voided, 1);
});

t.test('what stays void has no value, and does not shift later rounds', async (t) => {
  const order: string[] = [];
  // Warm-up, three attempts of the first round, the second round.
  const { samples, voided } = await runRounds([runner('a', order, [0, 1, 1, 1, 0.25])], {
    warmUps: 1,
    rounds: 2,
    repeatsMax: 9,
  });
  t.strictSame(samples.get('a'), [undefined, { loadBusy: 0.25 }]);
  t.equal(voided, 3);
});

t.test('repeats are bounded in all', async (t) => {
  const order: string[] = [];
  const { voided } = await runRounds([runner('a', order, [1])], { warmUps: 1, rounds: 5, repeatsMax: 3 });
  t.equal(order.length, 1 + 5 + 3);
  t.equal(voided, 5 + 3);
});

t.test('what is void can be kept', async (t) => {
  const { samples, voided } = await runRounds([runner('a', [], [1])], {
    warmUps: 1,
    rounds: 1,
    repeatsMax: 9,
    keepVoid: true,
  });
  t.strictSame(samples.get('a'), [{ loadBusy: 1 }]);
  t.equal(voided, 1);
});

t.test('one that fails is out, with its reason, and the others go on', async (t) => {
  let calls = 0;
  const bad: Runner<Sample> = {
    name: 'bad',
    async measure() {
      if (++calls === 3) throw new Error('answers\nwere wrong');
      return { loadBusy: 0 };
    },
  };
  const { samples, failed } = await runRounds([bad, runner('good', [])], {
    warmUps: 1,
    rounds: 4,
    repeatsMax: 0,
  });
  t.strictSame(failed, [{ arm: 'bad', reason: 'answers were wrong' }]);
  t.equal(calls, 3);
  t.strictSame([...samples.keys()], ['good']);
  t.equal(samples.get('good')?.length, 4);
});

// Ids and times of requests have the same order, so that a range of times is a range of ids.
import t from 'tap';
import { uuidv7 } from '../../../../src/core/id.ts';
import { firstId, isWithin, rangeOf, timeOf } from '../../../../src/core/reconcile/range.ts';

const AT = 1_772_366_400_123;

t.test('the time of an id', async (t) => {
  t.equal(timeOf(uuidv7(AT)), AT);
  t.equal(timeOf(firstId(AT)), AT);
});

t.test('no id of an instant is less than its first, none of the instant before is greater', async (t) => {
  t.ok(uuidv7(AT) > firstId(AT));
  t.ok(uuidv7(AT - 1) < firstId(AT));
});

t.test('times that ids do not have', async (t) => {
  t.equal(firstId(-1), '00000000-0000-0000-0000-000000000000');
  t.equal(firstId(2 ** 60), 'ffffffff-ffff-0000-0000-000000000000');
});

t.test('`from` is in the range, `to` is not', async (t) => {
  const range = { from: new Date(AT), to: new Date(AT + 10) };
  t.same(
    [AT - 1, AT, AT + 9, AT + 10].map((at) => isWithin(range, uuidv7(at))),
    [false, true, true, false],
  );
});

t.test('a range without a beginning is a day long', async (t) => {
  t.same(rangeOf(undefined, new Date(AT)), { from: new Date(AT - 86_400_000), to: new Date(AT) });
});

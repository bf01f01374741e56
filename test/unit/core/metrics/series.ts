// The series of a family: one for each set of labels, and never more than the maximum.
import t from 'tap';
import { SeriesSet } from '../../../../src/core/metrics/series.ts';

const create = () => ({ value: 0 });

t.test('gives the same object for the same labels', async (t) => {
  const set = new SeriesSet(2, create);
  const first = set.get(['a', 'b']);
  t.equal(set.get(['a', 'b']), first);
  t.not(set.get(['b', 'a']), first);
  t.not(set.get(['a', 'c']), first);
  t.same(
    set.all.map(({ labels }) => labels),
    [
      ['a', 'b'],
      ['b', 'a'],
      ['a', 'c'],
    ],
  );
});

t.test('has one series without labels', async (t) => {
  const set = new SeriesSet(0, create);
  t.equal(set.get([]), set.get([]));
  t.equal(set.all.length, 1);
});

t.test('counts what is beyond the maximum as `other`', async (t) => {
  const set = new SeriesSet(2, create, 3);
  for (let i = 0; i < 10; i++) set.get(['model', String(i)]).value++;
  t.equal(set.all.length, 4);
  t.same(set.all.at(-1), { labels: ['other', 'other'], value: { value: 7 } });
  set.get(['model', '1']).value++;
  t.equal(set.all[1]!.value.value, 2, 'those that were there before go on');
});

t.test('does not keep the array of its caller', async (t) => {
  const set = new SeriesSet(1, create);
  const labels = ['a'];
  set.get(labels);
  labels[0] = 'b';
  t.same(set.all[0]!.labels, ['a']);
});

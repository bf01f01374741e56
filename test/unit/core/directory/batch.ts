// Look-ups of one turn of the event loop are one query; each gets its own answer, or the query's error.
import t from 'tap';
import { Batch, QUERIES_MAX } from '../../../../src/core/directory/batch.ts';

const turn = () => new Promise(setImmediate);

/** Queries that wait until the test answers them. */
function setUp() {
  const queries: {
    readonly keys: readonly string[];
    answer(found?: Record<string, number>): void;
    fail(error: Error): void;
  }[] = [];
  const batch = new Batch(
    (keys: readonly string[]) =>
      new Promise<Map<string, number>>((resolve, reject) => {
        const answer = (found: Record<string, number> = {}) => resolve(new Map(Object.entries(found)));
        queries.push({ keys, answer, fail: reject });
      }),
  );
  return { batch, queries };
}

t.test('one query for a turn', async (t) => {
  const { batch, queries } = setUp();
  const answers = ['a', 'b', 'nobody'].map((key) => batch.load(key));
  await Promise.resolve();
  answers.push(batch.load('c'));
  t.same(queries, [], 'while the turn goes on');
  await turn();
  t.same(
    queries.map(({ keys }) => keys),
    [['a', 'b', 'nobody', 'c']],
  );
  queries[0]!.answer({ c: 3, a: 1, b: 2 });
  t.same(await Promise.all(answers), [1, 2, null, 3]);
});

t.test('an error reaches all of its query, and no other', async (t) => {
  const { batch, queries } = setUp();
  const failing = [batch.load('a'), batch.load('b')];
  await turn();
  const other = batch.load('a');
  await turn();
  queries[0]!.fail(new Error('away'));
  for (const answer of failing) await t.rejects(answer, { message: 'away' });
  queries[1]!.answer({ a: 1 });
  t.equal(await other, 1);
});

t.test('beyond so many queries, what comes is gathered until one ends, well or not', async (t) => {
  const { batch, queries } = setUp();
  const first: Promise<number | null>[] = [];
  for (let i = 0; i < QUERIES_MAX; i++) {
    first.push(batch.load(`first ${i}`));
    await turn();
  }
  t.equal(queries.length, QUERIES_MAX);
  const late: Promise<number | null>[] = [];
  for (const key of ['a', 'b', 'c']) {
    late.push(batch.load(key));
    await turn();
  }
  t.equal(queries.length, QUERIES_MAX);
  queries[0]!.fail(new Error('away'));
  await t.rejects(first[0]!, { message: 'away' });
  await turn();
  t.same(queries[QUERIES_MAX]?.keys, ['a', 'b', 'c']);
  for (const { answer } of queries.slice(1)) answer({ b: 2 });
  t.same(await Promise.all(late), [null, 2, null]);
  t.same(await Promise.all(first.slice(1)), first.slice(1).fill(null as never));

  const again = batch.load('d');
  await turn();
  queries.at(-1)!.answer({ d: 4 });
  t.equal(await again, 4, 'and there is room again');
});

t.test('a question is never given the answer of a query that was sent before it', async (t) => {
  const { batch, queries } = setUp();
  const before = batch.load('a');
  await turn();
  const after = batch.load('a');
  queries[0]!.answer({ a: 1 });
  t.equal(await before, 1);
  await turn();
  queries[1]!.answer({ a: 2 });
  t.equal(await after, 2);
});

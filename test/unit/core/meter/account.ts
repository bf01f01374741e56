// Three counts of one exchange, and the one of them that is charged, for each basis that a plan may name.
import t from 'tap';
import { accountFor, type Known } from '../../../../src/core/meter/account.ts';
import type { CountBasis } from '../../../../src/core/types.ts';

const NONE = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
const REPORTED = { input: 100, output: 40, cacheRead: 60, cacheWrite: 10, reasoning: 20 };
/** All was reported, and our own count is a little off. */
const KNOWN: Known = {
  reported: REPORTED,
  reportedAll: true,
  observedInput: 90,
  observedOutput: 44,
  deliveredShare: 1,
};
const BASES: readonly CountBasis[] = ['reported', 'observed', 'delivered'];

/** What each basis charges: source, input, output. */
const charges = (known: Known): string[] =>
  BASES.map((basis) => {
    const { countSource, tokens } = accountFor(known, basis);
    return `${countSource} ${tokens.input}+${tokens.output}`;
  });

t.test('all reported: each basis charges its own count', async (t) => {
  t.same(charges(KNOWN), ['reported 100+40', 'observed 90+44', 'delivered 100+40']);
  t.same(accountFor(KNOWN, 'reported').tokens, REPORTED);
});

t.test('half delivered', async (t) => {
  t.same(charges({ ...KNOWN, deliveredShare: 0.5 }), [
    'reported 100+40',
    'observed 90+44',
    'delivered 100+20',
  ]);
  t.same(charges({ ...KNOWN, deliveredShare: 0 })[2], 'delivered 100+0');
  t.same(charges({ ...KNOWN, deliveredShare: 1 / 3 })[2], 'delivered 100+13', 'rounded');
});

t.test('nothing reported: our own count stands in', async (t) => {
  const known = { ...KNOWN, reported: NONE, reportedAll: false, deliveredShare: 0.5 };
  t.same(charges(known), ['observed 90+44', 'observed 90+44', 'delivered 90+22']);
});

t.test(
  'a stream that broke off after its beginning: the input was reported, the output is a lower bound',
  async (t) => {
    const begun = {
      ...KNOWN,
      reported: { ...NONE, input: 100, output: 1, cacheRead: 60 },
      reportedAll: false,
    };
    t.same(charges(begun), ['observed 100+44', 'observed 90+44', 'delivered 100+44']);
    t.equal(accountFor(begun, 'reported').tokens.cacheRead, 60);
    const lower = { ...begun, observedOutput: 0 };
    t.same(charges(lower), ['observed 100+1', 'observed 90+0', 'delivered 100+1']);
  },
);

t.test('an upstream that reports zeros is believed', async (t) => {
  const zeros = { ...KNOWN, reported: NONE };
  t.same(charges(zeros), ['reported 0+0', 'observed 90+44', 'delivered 0+0']);
});

t.test('the three counts stand side by side, whichever is charged', async (t) => {
  const half = { ...KNOWN, deliveredShare: 0.5 };
  for (const basis of BASES) {
    t.same(accountFor(half, basis).counts, {
      reportedInput: 100,
      reportedOutput: 40,
      observedInput: 90,
      observedOutput: 44,
      deliveredOutput: 20,
    });
    const unreported = accountFor({ ...half, reported: NONE, reportedAll: false }, basis).counts;
    t.match(unreported, { reportedInput: null, reportedOutput: null, deliveredOutput: 22 }, 'null: not told');
    const begun = accountFor(
      { ...half, reported: { ...NONE, input: 100 }, reportedAll: false },
      basis,
    ).counts;
    t.match(begun, { reportedInput: 100, reportedOutput: null });
  }
});

t.test('parts are never more than what they are parts of', async (t) => {
  const small = { ...KNOWN, observedInput: 65, observedOutput: 5, deliveredShare: 0.1 };
  t.same(accountFor(small, 'observed').tokens, {
    input: 65,
    output: 5,
    cacheRead: 60,
    cacheWrite: 5,
    reasoning: 5,
  });
  t.same(accountFor(small, 'delivered').tokens, { ...REPORTED, output: 4, reasoning: 4 });
  t.match(accountFor({ ...small, observedInput: 7 }, 'observed').tokens, { cacheRead: 7, cacheWrite: 0 });
});

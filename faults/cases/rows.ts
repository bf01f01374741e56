// Rows that a database does not take, or that look as if it might not.
import type { Evidence } from '../books.ts';
import type { Case } from '../case.ts';
import { kindsOf, rare } from '../kinds.ts';

const POISON = 'poison';
/** Such requests are one in so many of the case's own. */
const RARE = 12;
/** Both are beyond 64 bits. */
const HUGE = [1e19, 1e30];

const theWholeLoad: Case['act'] = ({ load, amount }) => load.reached(amount);

/** Each poisoned request is set aside; nothing else is. */
function onlyPoisonAside({ rowOf, sent, aside }: Evidence): string[] {
  const refused = new Set(aside.values());
  return sent.flatMap(({ id, kind }) => {
    const isPoison = kind.name === POISON;
    if (isPoison && rowOf.has(id)) return [`request ${id}: the database took its row`];
    if (isPoison === refused.has(id)) return [];
    return [`request ${id} (${kind.name}): ${isPoison ? 'not set aside' : 'set aside'}`];
  });
}

export const ROW_CASES: readonly Case[] = [
  {
    name: 'nul-byte',
    fault: 'NUL and other control characters in the name of the model',
    expected: 'booked like any other',
    kinds: [
      ...kindsOf('nul', false, {}, { model: 'auto\u0000\u001a\t\n\u007f' }),
      ...kindsOf('nul', true, { chunks: 5, burst: true }, { model: '\u0000' }),
    ],
    act: theWholeLoad,
  },
  {
    name: 'huge-number',
    fault: 'the upstream reports a number out of range',
    expected: 'set aside, or booked as observed',
    kinds: rare(
      HUGE.flatMap((output) => [
        ...kindsOf('huge', false, { usage: { output } }),
        ...kindsOf('huge', true, { usage: { output }, chunks: 5, burst: true }),
      ]),
      RARE,
    ),
    act: theWholeLoad,
  },
  {
    name: 'poison-row',
    fault: 'rows that the database refuses (a CHECK of the operator’s)',
    expected: 'set aside with the reason; all others go in',
    short: true,
    kinds: rare(kindsOf(POISON, false, {}, { model: POISON }), RARE),
    act: theWholeLoad,
    async prepare(rig) {
      await rig.query(`ALTER TABLE usage_logs ADD CHECK (requested_model <> '${POISON}')`);
      return {};
    },
    check: onlyPoisonAside,
  },
];

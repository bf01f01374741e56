import { uuidv7 } from '../../src/core/id.ts';
import { encodeAdmission, encodeRow } from '../../src/core/ledger/row.ts';
import { type MicroResult, measure } from './micro.ts';
import { admission, usage } from './row.ts';

const TIMES = 60_000;

/** What the two rows of an exchange cost in CPU to be turned into text: the admission's part is made once. */
export async function ledger(share: number): Promise<MicroResult> {
  const admitted = admission(uuidv7(1_767_225_600_000));
  let chars = 0;
  const figures = await measure(
    TIMES * share,
    (times) => {
      for (let i = 0; i < times; i++) {
        const begin = encodeAdmission(admitted);
        chars += encodeRow(begin, usage(0)).length + encodeRow(begin, usage(i)).length;
      }
    },
    (times) => {
      for (let i = 0; i < times; i++) {
        chars += JSON.stringify({ ...admitted, ...usage(0) }).length;
        chars += JSON.stringify({ ...admitted, ...usage(i) }).length;
      }
    },
  );
  if (chars === 0) throw new Error('nothing was encoded');
  return {
    name: 'ledger',
    claim: 'the two usage rows of an exchange as lines (`core/ledger/row.ts`), against JSON of the objects',
    unit: 'µs an exchange',
    ...figures,
  };
}

import { createRequire } from 'node:module';
import { uuidv7 } from '../../src/core/id.ts';
import { encodeAdmission, encodeRow } from '../../src/core/ledger/row.ts';
import type { Admission, Usage, UsageRow } from '../../src/core/types.ts';
import { type MicroResult, measure } from './micro.ts';
import { admission, usage } from './row.ts';

type UsageRecord = Admission & Usage;

const BATCHES = 120;
const BATCH_ROWS = 500;

/** What the driver makes of each value of a query. */
const { prepareValue } = createRequire(import.meta.url)('pg/lib/utils.js') as {
  prepareValue(value: unknown): unknown;
};

/** What a row costs in CPU on its way from the worker through a file and the primary to the driver's socket. */
export async function ledger(share: number): Promise<MicroResult> {
  const records = Array.from({ length: BATCH_ROWS }, (_, i) => record(i));
  let bytes = 0;
  const rows = BATCH_ROWS * Math.round(BATCHES * share);
  const figures = await measure(
    rows,
    (times) => {
      for (let done = 0; done < times; done += BATCH_ROWS) {
        const lines = Buffer.from(records.map(encode).join('\n')).toString();
        bytes += Buffer.from(String(prepareValue(lines))).length;
      }
    },
    (times) => {
      for (let done = 0; done < times; done += BATCH_ROWS) {
        for (const column of columnsOf(throughJson(records))) {
          bytes += Buffer.from(String(prepareValue(column))).length;
        }
      }
    },
  );
  if (bytes === 0) throw new Error('nothing was encoded');
  return {
    name: 'ledger',
    claim:
      'a usage row as one string (`core/ledger/row.ts`), against an object, and an array for each column',
    unit: 'µs a row',
    ...figures,
  };
}

const encode = (record: UsageRecord): UsageRow => encodeRow(encodeAdmission(record), record);

function throughJson<T>(records: readonly T[]): T[] {
  const lines = records.map((record) => JSON.stringify(record)).join('\n');
  return Buffer.from(lines)
    .toString()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}

function columnsOf(records: readonly UsageRecord[]): unknown[][] {
  const columns: unknown[][] = [];
  for (const { tokens, counts, timestamp, ...rest } of records) {
    const values = [
      ...Object.values(rest),
      ...Object.values(tokens),
      ...Object.values(counts),
      tokens.input + tokens.output,
      new Date(timestamp),
    ];
    values.forEach((value, i) => {
      columns[i] ??= [];
      columns[i].push(value);
    });
  }
  return columns;
}

const record = (i: number): UsageRecord => ({
  ...admission(uuidv7(1_767_225_600_000 + i)),
  ...usage(i),
});

// Rows that the database does not take end in a file that people and scripts can read, or at least in the log.
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { ASIDE_FILE, asideFile } from '../../../../src/core/ledger/aside.ts';
import { encodeRow } from '../../../../src/core/ledger/row.ts';
import type { Logger } from '../../../../src/core/log.ts';
import { usageRecord } from '../../../fixtures/usage.ts';

function recordingLog() {
  const lines: object[] = [];
  return { lines, log: { error: (line: object) => lines.push(line) } as unknown as Logger };
}

t.test('appends one object a line, and says so in the log', async (t) => {
  const folder = join(t.testdir(), 'not', 'there', 'yet');
  const { lines, log } = recordingLog();
  const setAside = asideFile(folder, log);
  const records = [usageRecord(), usageRecord(), usageRecord()];
  await setAside(records.slice(0, 2).map(encodeRow), 'first');
  await setAside(records.slice(2).map(encodeRow), 'second');
  const text = await readFile(join(folder, ASIDE_FILE), 'utf8');
  const objects = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(
    objects,
    records.map(({ requestId }, i) => ({
      at: /^\d{4}-\d\d-\d\dT/,
      reason: i < 2 ? 'first' : 'second',
      row: { request_id: requestId, token_count: '1234' },
    })),
  );
  t.match(lines, [{ rows: 2, reason: 'first' }, { rows: 1 }]);
  t.equal((await stat(join(folder, ASIDE_FILE))).mode & 0o777, 0o600, 'for its owner only');
});

t.test('when the file fails the rows are in the log', async (t) => {
  const folder = join(t.testdir(), 'file');
  await writeFile(folder, 'in the way of the folder');
  const { lines, log } = recordingLog();
  const record = usageRecord();
  await asideFile(folder, log)([encodeRow(record)], 'why');
  t.match(lines.at(-1), { err: Error, rows: [{ request_id: record.requestId }] });
});

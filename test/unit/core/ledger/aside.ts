// Rows that the database does not take end in a file that people and scripts can read.
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { ASIDE_FILE, asideFile } from '../../../../src/core/ledger/aside.ts';
import { requestIdOf } from '../../../../src/core/ledger/row.ts';
import type { Logger } from '../../../../src/core/log.ts';
import { usageRow } from '../../../fixtures/usage.ts';

function recordingLog() {
  const lines: object[] = [];
  return { lines, log: { error: (line: object) => lines.push(line) } as unknown as Logger };
}

t.test('appends one object a line, and says so in the log', async (t) => {
  const folder = join(t.testdir(), 'not', 'there', 'yet');
  const { lines, log } = recordingLog();
  const setAside = asideFile(folder, log);
  const rows = [usageRow(), usageRow(), usageRow()];
  await setAside(rows.slice(0, 2), 'first');
  await setAside(rows.slice(2), 'second');
  const text = await readFile(join(folder, ASIDE_FILE), 'utf8');
  const objects = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.match(
    objects,
    rows.map((row, i) => ({
      at: /^\d{4}-\d\d-\d\dT/,
      reason: i < 2 ? 'first' : 'second',
      row: { request_id: requestIdOf(row), token_count: '1234' },
    })),
  );
  t.match(lines, [{ rows: 2, reason: 'first' }, { rows: 1 }]);
  t.equal((await stat(join(folder, ASIDE_FILE))).mode & 0o777, 0o600, 'for its owner only');
});

t.test('rejects when the file fails', async (t) => {
  const folder = join(t.testdir(), 'file');
  await writeFile(folder, 'in the way of the folder');
  const { lines, log } = recordingLog();
  await t.rejects(asideFile(folder, log)([usageRow()], 'why'), { code: 'EEXIST' });
  t.same(lines, [], 'and says nothing of success');
});

t.test('a line that was cut off does not spoil the next one', async (t) => {
  const folder = t.testdir({ [ASIDE_FILE]: '{"at":"2026-01-01T00:0' });
  const row = usageRow();
  await asideFile(folder, recordingLog().log)([row], 'why');
  const lines = (await readFile(join(folder, ASIDE_FILE), 'utf8')).trimEnd().split('\n');
  t.equal(lines.length, 2);
  t.match(JSON.parse(lines[1]!), { reason: 'why', row: { request_id: requestIdOf(row) } });
});

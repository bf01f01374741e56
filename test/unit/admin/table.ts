// Usage rows as NDJSON and CSV: exact numbers, correct quoting, and no cell that a spreadsheet would run.
import t from 'tap';
import { COLUMNS, FORMATS, type TextRow } from '../../../src/admin/table.ts';

/** All null but these. */
const row = (values: Readonly<Record<string, string>>): TextRow =>
  COLUMNS.map(({ name }) => values[name] ?? null);
const cell = (name: string, value: string): string => {
  const line = FORMATS.csv.row(row({ [name]: value }));
  const before = COLUMNS.findIndex((column) => column.name === name);
  return line.slice(before, line.length - 2 - (COLUMNS.length - 1 - before));
};

t.test('NDJSON is one JSON object a line', async (t) => {
  const line = FORMATS.ndjson.row(
    row({ usage_id: '9223372036854775807', name: 'a "b"\n', streamed: 't', duration_ms: '12.5' }),
  );
  t.equal(line.indexOf('\n'), line.length - 1);
  t.match(line, '"usage_id":9223372036854775807,', 'not rounded');
  t.match(JSON.parse(line), { name: 'a "b"\n', streamed: true, duration_ms: 12.5, upstream: null });
  t.same(
    Object.keys(JSON.parse(line)),
    COLUMNS.map(({ name }) => name),
  );
});

t.test('CSV has a header and lines that end in CRLF', async (t) => {
  t.equal(FORMATS.csv.header, `${COLUMNS.map(({ name }) => name).join(',')}\r\n`);
  t.equal(FORMATS.csv.row(row({})), `${','.repeat(COLUMNS.length - 1)}\r\n`);
});

t.test('CSV quotes where RFC 4180 asks for it', async (t) => {
  t.equal(cell('name', 'alice'), 'alice');
  t.equal(cell('name', 'a,b'), '"a,b"');
  t.equal(cell('name', 'a"b'), '"a""b"');
  t.equal(cell('name', 'a\nb'), '"a\nb"');
  t.equal(cell('streamed', 'f'), 'false');
});

t.test('CSV cells are no formulas', async (t) => {
  for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1'])
    t.equal(cell('requested_model', text), `'${text}`);
  t.equal(cell('requested_model', '=HYPERLINK("x")'), `"'=HYPERLINK(""x"")"`);
  t.equal(cell('duration_ms', '-1'), '-1', 'numbers are numbers');
});

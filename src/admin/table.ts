/** How the text that PostgreSQL gives for a value goes into JSON and CSV. */
type Kind = 'number' | 'boolean' | 'text';

interface Column {
  readonly name: string;
  readonly kind: Kind;
  readonly sql: string;
}

const column = (name: string, kind: Kind, sql = name): Column => ({ name, kind, sql });

/** A usage row as it is exported. */
export const COLUMNS: readonly Column[] = [
  column('usage_id', 'number'),
  column('request_id', 'text'),
  column('client_request_id', 'text'),
  column('timestamp', 'text', `to_char("timestamp" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`),
  column('user_id', 'number'),
  // By subquery: a join would give up the order of the index on timestamp, and sort all rows first.
  column('name', 'text', '(SELECT username FROM users WHERE users.user_id = usage_logs.user_id)'),
  column('sub_id', 'number'),
  column('quota_item_id', 'number'),
  column('upstream', 'text'),
  column('requested_model', 'text'),
  column('routed_model', 'text'),
  column('token_count', 'number'),
  column('input_tokens', 'number'),
  column('output_tokens', 'number'),
  column('cache_read_tokens', 'number'),
  column('cache_write_tokens', 'number'),
  column('reasoning_tokens', 'number'),
  column('count_source', 'text'),
  column('outcome', 'text'),
  column('status', 'number'),
  column('dialect', 'text'),
  column('streamed', 'boolean'),
  column('attempts', 'number'),
  column('first_byte_ms', 'number'),
  column('duration_ms', 'number'),
  column('api', 'text'),
  column('prompt_bytes', 'number'),
  column('reported_input_tokens', 'number'),
  column('reported_output_tokens', 'number'),
  column('observed_input_tokens', 'number'),
  column('observed_output_tokens', 'number'),
  column('delivered_output_tokens', 'number'),
];

/** Values in the order of the columns, as PostgreSQL writes them. */
export type TextRow = readonly (string | null)[];

export interface Format {
  readonly contentType: string;
  readonly header: string;
  row(values: TextRow): string;
}

export const FORMATS: Readonly<Record<'ndjson' | 'csv', Format>> = {
  ndjson: {
    contentType: 'application/x-ndjson',
    header: '',
    row: (values) =>
      `{${COLUMNS.map((column, i) => `"${column.name}":${json(column, values[i]!)}`).join(',')}}\n`,
  },
  /** RFC 4180. */
  csv: {
    contentType: 'text/csv; charset=utf-8; header=present',
    header: `${COLUMNS.map(({ name }) => name).join(',')}\r\n`,
    row: (values) => `${COLUMNS.map((column, i) => csv(column, values[i]!)).join(',')}\r\n`,
  },
};

/** Numbers are passed through as digits: a 64-bit one does not fit into a JavaScript number. */
function json({ kind }: Column, value: string | null): string {
  if (value === null) return 'null';
  if (kind === 'number') return value;
  return kind === 'boolean' ? boolean(value) : JSON.stringify(value);
}

// Clients choose some of the text (`requested_model`), and spreadsheets run cells that begin so as formulas. The
// apostrophe makes them text. https://owasp.org/www-community/attacks/CSV_Injection
const FORMULA = /^[=+\-@\t\r]/;
const NEEDS_QUOTES = /[",\r\n]/;

function csv({ kind }: Column, value: string | null): string {
  if (value === null) return '';
  if (kind === 'number') return value;
  if (kind === 'boolean') return boolean(value);
  const text = FORMULA.test(value) ? `'${value}` : value;
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

const boolean = (value: string): string => (value === 't' ? 'true' : 'false');

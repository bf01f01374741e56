import type { UsageRecord } from '../types.ts';

/**
 * One row of `usage_logs` on its way to PostgreSQL: its values in the order of COLUMNS, with tabs between them.
 * The worker encodes each record once; from then on it is one string that nobody takes apart but PostgreSQL itself.
 * Encoding, IPC text and driver cost 1.4 µs of CPU a row; records, turned into arrays by the primary, cost 7 µs (bench
 * case `ledger`).
 */
export type UsageRow = string;

/** Longer texts are cut, so that a client's `model` cannot make rows of megabytes. */
export const TEXT_CHARS_MAX = 256;

const SEPARATOR = '\t';
/** Stands for NULL. A control character, because no text of a row has any. */
const NULL = '\x1a';
// biome-ignore lint/suspicious/noControlCharactersInRegex: PostgreSQL takes no NUL, and the others are our own signs
const CONTROL = /[\x00-\x1f\x7f]/g;

/** Name and how the text is read. */
const COLUMNS = [
  ['request_id', 'uuid'],
  ['client_request_id', 'text'],
  ['quota_item_id', 'bigint'],
  ['user_id', 'bigint'],
  ['sub_id', 'bigint'],
  ['token_count', 'bigint'],
  ['input_tokens', 'bigint'],
  ['output_tokens', 'bigint'],
  ['cache_read_tokens', 'bigint'],
  ['cache_write_tokens', 'bigint'],
  ['reasoning_tokens', 'bigint'],
  ['count_source', 'text'],
  ['outcome', 'text'],
  ['status', 'bigint'],
  ['dialect', 'text'],
  ['api', 'text'],
  ['streamed', 'boolean'],
  ['requested_model', 'text'],
  ['routed_model', 'text'],
  ['upstream', 'text'],
  ['attempts', 'bigint'],
  ['first_byte_ms', 'float8'],
  ['duration_ms', 'float8'],
  ['timestamp', 'timestamptz'],
] as const;

const names = COLUMNS.map(([name]) => `"${name}"`).join(', ');
const values = COLUMNS.map(([, type], i) =>
  type === 'timestamptz' ? `to_timestamp(f[${i + 1}]::float8 / 1000)` : `f[${i + 1}]::${type}`,
).join(', ');

/**
 * Writes the rows in $1, one a line. Rows that are there already stay as they are. A server that would acknowledge a
 * commit before it is on disk (`synchronous_commit = off`) is asked not to, for this one.
 */
export const INSERT_ROWS = `WITH durable AS MATERIALIZED (
    SELECT set_config('synchronous_commit', CASE mode WHEN 'off' THEN 'local' ELSE mode END, true) AS mode
    FROM current_setting('synchronous_commit') AS mode
  )
  INSERT INTO usage_logs (${names})
  SELECT ${values}
  FROM durable, (SELECT string_to_array(line, E'\\t', E'\\x1a') AS f FROM unnest(string_to_array($1, E'\\n')) AS line) AS lines
  WHERE durable.mode IS NOT NULL
  ON CONFLICT (request_id) DO NOTHING`;

/** Never throws, and gives nothing that PostgreSQL cannot read as text. */
export function encodeRow(record: UsageRecord): UsageRow {
  const { tokens } = record;
  return [
    record.requestId,
    record.clientRequestId === null ? NULL : clean(record.clientRequestId),
    record.quotaItemId,
    record.userId,
    record.subId,
    tokens.input + tokens.output,
    tokens.input,
    tokens.output,
    tokens.cacheRead,
    tokens.cacheWrite,
    tokens.reasoning,
    record.countSource,
    record.outcome,
    record.status,
    record.dialect,
    record.api,
    record.streamed,
    clean(record.requestedModel),
    clean(record.routedModel),
    clean(record.upstream),
    record.attempts,
    record.firstByteMs === null ? NULL : micros(record.firstByteMs),
    micros(record.durationMs),
    record.timestamp,
  ].join(SEPARATOR);
}

/** For people and scripts: the row's values by column, as text. */
export function describeRow(row: UsageRow): Record<string, string | null> {
  const fields = row.split(SEPARATOR);
  return Object.fromEntries(
    COLUMNS.map(([name], i) => [name, fields[i] === undefined || fields[i] === NULL ? null : fields[i]]),
  );
}

/** Milliseconds to three places: what lies beyond is noise. */
function micros(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

function clean(text: string): string {
  const cut = text.length > TEXT_CHARS_MAX ? text.slice(0, TEXT_CHARS_MAX) : text;
  return cut.replace(CONTROL, '\ufffd');
}

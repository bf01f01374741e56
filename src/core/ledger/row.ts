import type { Admission, Usage, UsageRow } from '../types.ts';

/** Longer texts are cut, so that a client's `model` cannot make rows of megabytes. */
export const TEXT_CHARS_MAX = 256;

export const SEPARATOR = '\t';
/** Stands for NULL. A control character, because no text of a row has any. */
export const NULL = '\x1a';
// biome-ignore lint/suspicious/noControlCharactersInRegex: PostgreSQL takes no NUL, and the others are our own signs
const CONTROL = /[\x00-\x1f\x7f]/g;

export type ColumnType = 'uuid' | 'text' | 'bigint' | 'boolean' | 'float8' | 'timestamptz';

/** Name in `usage_logs`, and how the text is read. A timestamp is in milliseconds since the epoch. */
export const COLUMNS: readonly (readonly [name: string, type: ColumnType])[] = [
  // The admission: the same in every row of an exchange.
  ['request_id', 'uuid'],
  ['client_request_id', 'text'],
  ['quota_item_id', 'bigint'],
  ['user_id', 'bigint'],
  ['sub_id', 'bigint'],
  ['timestamp', 'timestamptz'],
  ['dialect', 'text'],
  ['api', 'text'],
  ['streamed', 'boolean'],
  ['requested_model', 'text'],
  ['routed_model', 'text'],
  ['upstream', 'text'],
  ['prompt_bytes', 'bigint'],
  // What became of it.
  ['outcome', 'text'],
  ['status', 'bigint'],
  ['token_count', 'bigint'],
  ['input_tokens', 'bigint'],
  ['output_tokens', 'bigint'],
  ['cache_read_tokens', 'bigint'],
  ['cache_write_tokens', 'bigint'],
  ['reasoning_tokens', 'bigint'],
  ['count_source', 'text'],
  ['reported_input_tokens', 'bigint'],
  ['reported_output_tokens', 'bigint'],
  ['observed_input_tokens', 'bigint'],
  ['observed_output_tokens', 'bigint'],
  ['delivered_output_tokens', 'bigint'],
  ['attempts', 'bigint'],
  ['first_byte_ms', 'float8'],
  ['duration_ms', 'float8'],
];

// Concatenated rather than joined, and without copies of the objects: this runs twice an exchange, or more often.

/** The beginning of every row of an exchange. Never throws, and gives nothing that PostgreSQL cannot read as text. */
export function encodeAdmission(admission: Admission): string {
  const client = admission.clientRequestId === null ? NULL : clean(admission.clientRequestId);
  return (
    `${admission.requestId}\t${client}\t${admission.quotaItemId}\t${admission.userId}\t${admission.subId}\t` +
    `${admission.timestamp}\t${admission.dialect}\t${admission.api}\t${admission.streamed}\t` +
    `${clean(admission.requestedModel)}\t${clean(admission.routedModel)}\t${clean(admission.upstream)}\t` +
    `${admission.promptBytes}`
  );
}

/** @param admission as `encodeAdmission` gave it */
export function encodeRow(admission: string, usage: Usage): UsageRow {
  const { tokens, counts } = usage;
  const firstByte = usage.firstByteMs === null ? NULL : millis(usage.firstByteMs);
  return (
    `${admission}\t${usage.outcome}\t${usage.status}\t${tokens.input + tokens.output}\t${tokens.input}\t` +
    `${tokens.output}\t${tokens.cacheRead}\t${tokens.cacheWrite}\t${tokens.reasoning}\t${usage.countSource}\t` +
    `${counts.reportedInput ?? NULL}\t${counts.reportedOutput ?? NULL}\t${counts.observedInput}\t` +
    `${counts.observedOutput}\t${counts.deliveredOutput}\t${usage.attempts}\t${firstByte}\t` +
    millis(usage.durationMs)
  );
}

/** The row's request id, by which it is told from others. */
export const requestIdOf = (row: UsageRow): string => row.slice(0, row.indexOf(SEPARATOR));

/** For people and scripts: the row's values by column, as text. */
export function describeRow(row: UsageRow): Record<string, string | null> {
  const fields = row.split(SEPARATOR);
  return Object.fromEntries(
    COLUMNS.map(([name], i) => [name, fields[i] === undefined || fields[i] === NULL ? null : fields[i]]),
  );
}

/** '' for 0, `.001`, `.5`. */
const THOUSANDTHS = Array.from({ length: 1000 }, (_, i) => String(i / 1000).slice(1));

/**
 * Milliseconds to three places: what lies beyond is noise. Put together from two whole numbers, since V8 is slow to print
 * any other; the same text that PostgreSQL makes of it, which digests are taken of.
 */
function millis(ms: number): string {
  const micros = Math.max(0, Math.round(ms * 1000));
  return `${Math.floor(micros / 1000)}${THOUSANDTHS[micros % 1000]}`;
}

function clean(text: string): string {
  const cut = text.length > TEXT_CHARS_MAX ? text.slice(0, TEXT_CHARS_MAX) : text;
  return cut.replace(CONTROL, '\ufffd');
}

/** How the values that several processes hold for one gauge become one: added, the largest, or each by itself. */
export type GaugeMerge = 'sum' | 'max' | 'each';

interface Described {
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
}
export interface CounterFamily extends Described {
  readonly kind: 'counter';
}
export interface GaugeFamily extends Described {
  readonly kind: 'gauge';
  /** `each` adds a label `worker` behind the others. */
  readonly merge: GaugeMerge;
}
export interface HistogramFamily extends Described {
  readonly kind: 'histogram';
  /** Upper bounds of the buckets, ascending, in the unit of the name; the one of infinity is implied. */
  readonly bounds: readonly number[];
}
export type Family = CounterFamily | GaugeFamily | HistogramFamily;

const counter = <const L extends readonly string[]>(name: string, labels: L, help: string) =>
  ({ kind: 'counter', name, labels, help }) as const;
const gauge = <const L extends readonly string[]>(name: string, merge: GaugeMerge, labels: L, help: string) =>
  ({ kind: 'gauge', name, labels, help, merge }) as const;
const histogram = <const L extends readonly string[]>(
  name: string,
  bounds: readonly number[],
  labels: L,
  help: string,
) => ({ kind: 'histogram', name, labels, help, bounds }) as const;

/** From a cached JSON answer to a thinking model's long stream. */
const RESPONSE_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
const JOURNAL_SECONDS = [0.00001, 0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.005, 0.025, 0.1];
const OVERHEAD_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1];

/**
 * Every family of metrics. Labels hold only values from the code, the plans and the settings, never what a client
 * sent, and never a key or a user.
 */
export const FAMILIES = {
  requests: counter(
    'apipod_requests_total',
    ['dialect', 'route', 'outcome', 'status'],
    'Requests that have ended.',
  ),
  tokens: counter(
    'apipod_tokens_total',
    ['upstream', 'model', 'direction', 'source'],
    'Tokens. cache_read and cache_write are part of input, reasoning is part of output.',
  ),
  duration: histogram(
    'apipod_request_duration_seconds',
    RESPONSE_SECONDS,
    ['dialect', 'streamed'],
    'From the head of a request to the end of its response.',
  ),
  firstByte: histogram(
    'apipod_time_to_first_byte_seconds',
    RESPONSE_SECONDS,
    ['dialect', 'streamed'],
    'From the head of a request to the first byte of its response.',
  ),
  overhead: histogram(
    'apipod_overhead_seconds',
    OVERHEAD_SECONDS,
    ['dialect'],
    'What the gateway itself took before it sent a request upstream, without the wait for its body.',
  ),
  openExchanges: gauge('apipod_open_exchanges', 'sum', [], 'Requests that have not ended.'),
  openStreams: gauge('apipod_open_streams', 'sum', [], 'Streamed responses under way.'),
  cacheLookups: counter(
    'apipod_cache_lookups_total',
    ['cache', 'result'],
    'Look-ups in the caches of tokens and plans.',
  ),
  usageAdmitted: counter(
    'apipod_usage_admitted_total',
    [],
    'Exchanges that were written down before their request went upstream.',
  ),
  usageUnjournaled: counter(
    'apipod_usage_unjournaled_total',
    [],
    'Usage rows that could not be written down and are lost.',
  ),
  usageRowsWaiting: gauge(
    'apipod_usage_rows_waiting',
    'sum',
    [],
    'Final usage rows that are not in the database yet, as far as they have been counted.',
  ),
  usageRowsWritten: counter('apipod_usage_rows_written_total', [], 'Usage rows written to the database.'),
  usageRowsDuplicate: counter(
    'apipod_usage_rows_duplicate_total',
    [],
    'Usage rows that were in the database already, from before a crash or a lost connection.',
  ),
  usageRowsCrashed: counter(
    'apipod_usage_rows_crashed_total',
    [],
    'Usage rows of exchanges whose worker died in the middle of them.',
  ),
  usageRowsRejected: counter(
    'apipod_usage_rows_rejected_total',
    [],
    'Usage rows that the database refused; they are in usage-rejected.ndjson.',
  ),
  journalWait: histogram(
    'apipod_journal_wait_seconds',
    JOURNAL_SECONDS,
    [],
    'From the first record of a turn of the event loop until all of that turn are written to the journal.',
  ),
  journalBytes: gauge('apipod_journal_bytes', 'sum', [], 'Usage on disk that is not in the database yet.'),
  journalBytesMax: gauge('apipod_journal_bytes_max', 'max', [], 'JOURNAL_BYTES_MAX.'),
  journalAlert: gauge(
    'apipod_journal_alert',
    'max',
    [],
    '1 while the journal is over 80 % of JOURNAL_BYTES_MAX, or a worker cannot write to it.',
  ),
  journalSyncFailures: counter(
    'apipod_journal_sync_failures_total',
    [],
    'Syncs of the journal to disk that failed.',
  ),
  journalDamaged: counter(
    'apipod_journal_damaged_total',
    [],
    'Files of the journal with damage; they are kept with the ending .damaged.',
  ),
  upstreamErrors: counter(
    'apipod_upstream_errors_total',
    ['upstream', 'code'],
    'Failures of upstreams: the code of our error, or the status of theirs.',
  ),
  workerUp: gauge('apipod_worker_up', 'max', ['worker'], 'Whether the worker answered this scrape in time.'),
  workerRestarts: counter('apipod_worker_restarts_total', [], 'Workers started in place of dead ones.'),
  buildInfo: gauge('apipod_build_info', 'max', ['version', 'node', 'engine'], 'What runs; always 1.'),
  cpu: counter('apipod_cpu_seconds_total', [], 'CPU time of the primary and all workers.'),
  residentMemory: gauge('apipod_resident_memory_bytes', 'each', [], 'Resident memory.'),
  eventLoopDelay: gauge(
    'apipod_event_loop_delay_seconds',
    'each',
    [],
    'Longest hold-up of the event loop in the last half to whole minute.',
  ),
} as const satisfies Record<string, Family>;

type Families = typeof FAMILIES;
type NamesOf<K extends Family['kind']> = {
  [N in keyof Families]: Families[N] extends { kind: K } ? N : never;
}[keyof Families];

export type FamilyName = keyof Families;
export type CounterName = NamesOf<'counter'>;
export type GaugeName = NamesOf<'gauge'>;
export type HistogramName = NamesOf<'histogram'>;

type ValuesOf<L extends readonly string[]> = { readonly [I in keyof L]: string };
/** One value for each label of the family, in its order. */
export type LabelsOf<N extends FamilyName> = ValuesOf<Families[N]['labels']>;

import { availableParallelism } from 'node:os';
import { choice, databaseUrl, integer, optionalText, secret, text } from './kinds.ts';

/**
 * Every setting: its kind and range, its default, and what it is for. docs/config.md shows this table, and a test
 * holds the two together. Units and bounds come last in a name.
 */
export const SETTINGS = {
  HOST: text('127.0.0.1', 'Address that clients connect to. Images set `0.0.0.0`.'),
  PORT: integer(8081, 1, 65_535, 'Port that clients connect to.'),
  WORKERS: integer(availableParallelism, 1, 1024, 'Worker processes.'),
  HTTP_ENGINE: choice(
    'auto',
    ['auto', 'uws', 'node'],
    'HTTP engine: `uws` is the fast one, `node` the strict one; `auto` takes `uws` where a build of it loads.',
  ),
  LOG_LEVEL: choice(
    'info',
    ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
    'Least severe log lines to write. Logs are JSON lines on standard output.',
  ),
  ADMIN_SECRET: secret(
    'Opens `/admin` by the header `x-admin-secret`. At least 16 characters. Unset: `/admin` answers 404.',
  ),

  DATABASE_URL: databaseUrl('PostgreSQL connection string. Unset: a PostgreSQL of its own in `DATA_DIR`.'),
  DATA_DIR: text('./data', 'Folder of the usage journal and the embedded database. One gateway at a time.'),
  POSTGRES_BIN_DIR: optionalText(
    'Folder of `initdb` and `postgres` for the embedded database. Unset: the first of the system’s and the bundled ones.',
  ),
  DATABASE_POOL_MAX: integer(4, 1, 100, 'Database connections of each worker.'),
  DATABASE_CONNECT_TIMEOUT_MS: integer(3_000, 100, 60_000, 'Longest wait for a database connection.'),
  DATABASE_QUERY_TIMEOUT_MS: integer(5_000, 100, 600_000, 'Longest run of one query.'),
  DATABASE_START_TIMEOUT_MS: integer(
    30_000,
    0,
    3_600_000,
    'How long to keep trying a database that is down at start before giving up with exit code 1.',
  ),

  HEADER_BYTES_MAX: integer(
    32_768,
    4_096,
    1_048_576,
    'Longest request head. Beyond it: 431, or the connection is closed.',
  ),
  BODY_BYTES_MAX: integer(33_554_432, 1_024, 1_073_741_824, 'Longest request body. Beyond it: 413.'),
  BODY_DEPTH_MAX: integer(
    128,
    8,
    1_000,
    'Deepest nesting of arrays and objects in a request body. Beyond it: 400.',
  ),
  BODY_TIMEOUT_MS: integer(60_000, 100, 3_600_000, 'Longest wait for a request body. Beyond it: 408.'),
  BODY_DRAIN_BYTES_MAX: integer(
    67_108_864,
    0,
    1_073_741_824,
    'How much of an unwanted request body is read and thrown away, so that the client can read its error, before the connection is closed.',
  ),
  CHUNKED_REQUESTS: choice(
    'refuse',
    ['refuse', 'allow'],
    'Requests with `Transfer-Encoding: chunked`: `refuse` answers 411. SDKs send a Content-Length.',
  ),
  CLIENT_STALL_TIMEOUT_MS: integer(
    60_000,
    1_000,
    3_600_000,
    'How long a client may take no byte of a response that waits for it, before it is cut.',
  ),

  STREAM_PING_INTERVAL_MS: integer(
    15_000,
    0,
    3_600_000,
    'While an upstream is silent, a stream’s client is sent a sign of life this often, so that no balancer cuts it. 0: never.',
  ),

  MAX_TOKENS_DEFAULT: integer(
    32_000,
    1,
    1_000_000,
    'Anthropic’s `max_tokens` for translated requests that give none: its API insists on one.',
  ),
  TRANSLATED_ANSWER_BYTES_MAX: integer(
    33_554_432,
    65_536,
    1_073_741_824,
    'Longest answer document that is translated. Beyond it: 502.',
  ),
  TRANSLATED_EVENT_BYTES_MAX: integer(
    4_194_304,
    65_536,
    1_073_741_824,
    'Longest event of a stream that is translated. Beyond it the stream is broken off.',
  ),

  UPSTREAM_HTTP_CLIENT: choice(
    'apipod',
    ['apipod', 'undici'],
    'HTTP client towards the upstreams: `apipod` is the fast one, made for this gateway; `undici` the one that others use, which fails on answers that begin with a 1xx, and reports a certificate of another name as a timeout.',
  ),
  UPSTREAM_CONNECTIONS_MAX: integer(4_096, 1, 65_535, 'Connections of each worker to one upstream.'),
  UPSTREAM_QUEUE_MAX: integer(
    1_024,
    0,
    1_000_000,
    'Exchanges of each worker that may wait for a connection to one upstream. Beyond it: 503.',
  ),
  UPSTREAM_CONNECT_ATTEMPTS_MAX: integer(2, 1, 10, 'Attempts to connect to an upstream.'),
  UPSTREAM_CONNECT_TIMEOUT_MS: integer(
    5_000,
    50,
    60_000,
    'Longest wait for a connection to an upstream, for each attempt.',
  ),
  UPSTREAM_HEADERS_TIMEOUT_MS: integer(
    600_000,
    50,
    86_400_000,
    'Longest wait for the head of an upstream’s response. Thinking models are silent for minutes.',
  ),
  UPSTREAM_IDLE_TIMEOUT_MS: integer(
    300_000,
    50,
    86_400_000,
    'Longest silence of an upstream in mid-response.',
  ),
  UPSTREAM_TOTAL_TIMEOUT_MS: integer(3_600_000, 1_000, 86_400_000, 'Longest exchange with an upstream.'),
  UPSTREAM_KEEPALIVE_TIMEOUT_MS: integer(
    4_000,
    1,
    600_000,
    'How long an idle connection to an upstream is kept, unless its `Keep-Alive` header says otherwise.',
  ),

  CACHE_USERS_MAX: integer(
    1_000_000,
    1,
    100_000_000,
    'Known tokens that each worker remembers. Each takes about 60 bytes; memory is reserved for all, and used by those that there are.',
  ),
  CACHE_REFUSALS_MAX: integer(100_000, 1, 100_000_000, 'Refused tokens that each worker remembers.'),
  CACHE_PLANS_MAX: integer(10_000, 1, 10_000_000, 'Plans that each worker remembers.'),
  CACHE_TTL_MS: integer(
    600_000,
    1,
    86_400_000,
    'After this a remembered token or plan is looked up again. Changes arrive by NOTIFY at once, and while they cannot be heard nothing is remembered for more than seconds; this is the safety net.',
  ),
  CACHE_REFUSAL_TTL_MS: integer(10_000, 1, 86_400_000, 'After this a refused token is looked up again.'),

  JOURNAL_DURABILITY: choice(
    'interval',
    ['none', 'interval', 'group'],
    'What usage survives a power cut: `none` leaves the journal to the system’s cache, `interval` syncs it to disk every `JOURNAL_SYNC_INTERVAL_MS`, `group` holds the last byte of an answer until its usage is on disk. All survive the death of any process.',
  ),
  JOURNAL_SYNC_INTERVAL_MS: integer(100, 1, 60_000, 'How often the journal is synced to disk.'),
  JOURNAL_BYTES_MAX: integer(
    1_073_741_824,
    1_048_576,
    1_099_511_627_776,
    'Usage that may wait on disk while the database is away. At least four times `JOURNAL_SEGMENT_BYTES`.',
  ),
  JOURNAL_FULL: choice(
    'refuse',
    ['refuse', 'serve'],
    'When `JOURNAL_BYTES_MAX` is reached or the disk is full: `refuse` answers new requests with 503, `serve` goes on and counts what is not written down.',
  ),
  JOURNAL_SEGMENT_BYTES: integer(
    8_388_608,
    65_536,
    67_108_864,
    'Size of one file of the journal. Each worker keeps one in use and one in reserve.',
  ),
  JOURNAL_PROGRESS_INTERVAL_MS: integer(
    2_000,
    100,
    600_000,
    'How often the count of an open stream is written to the journal. A kill loses no more of it.',
  ),
  USAGE_BATCH_ROWS_MAX: integer(2_000, 1, 10_000, 'Usage rows in one INSERT.'),
  USAGE_FLUSH_INTERVAL_MS: integer(
    100,
    1,
    10_000,
    'How long a usage row may wait for others before it is sent to the database.',
  ),

  SHUTDOWN_TIMEOUT_MS: integer(
    30_000,
    0,
    3_600_000,
    'How long open streams may go on after SIGTERM or SIGINT, before they are cut with an error event.',
  ),
  WORKER_HEARTBEAT_TIMEOUT_MS: integer(
    30_000,
    1_000,
    3_600_000,
    'A worker that says nothing for so long is killed and replaced.',
  ),
  METRICS_TIMEOUT_MS: integer(
    250,
    10,
    10_000,
    'How long a scrape waits for the numbers of each worker. A late worker’s numbers are those it sent last.',
  ),
} as const;

export type SettingName = keyof typeof SETTINGS;

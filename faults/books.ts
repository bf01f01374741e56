import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Entry } from '../sim/entry.ts';
import { ASIDE_FILE } from '../src/core/ledger/aside.ts';
import type { Sent } from './request.ts';
import type { Rig } from './rig.ts';

/** A row of `usage_logs`, as far as it is compared. */
export interface Row {
  readonly request_id: string;
  readonly client_request_id: string | null;
  readonly outcome: string;
  readonly count_source: string;
  readonly token_count: number;
  readonly input: number;
  readonly output: number;
  /** Null: the upstream told nothing. */
  readonly reported: number | null;
}

/** The three sets of books: the gateway's, the upstreams', the clients'. */
export interface Evidence {
  readonly sent: readonly Sent[];
  /** By the gateway's request id. */
  readonly entries: ReadonlyMap<string, Entry>;
  readonly rows: readonly Row[];
  /** By the client's request id. */
  readonly rowOf: ReadonlyMap<string, Row>;
  /** Rows that the database refused: the client's request id by the gateway's. */
  readonly aside: ReadonlyMap<string, string | null>;
  /** Requests that an upstream received and that no row tells of. */
  readonly lost: readonly string[];
  /** Requests with more rows than one. */
  readonly doubled: readonly string[];
}

const ROWS = `
  SELECT request_id, client_request_id, outcome, count_source, token_count::float8, input_tokens::float8 AS input,
    output_tokens::float8 AS output, reported_output_tokens::float8 AS reported
  FROM usage_logs`;

/** The gateway's name for a request, which the upstream has seen. */
export const requestIdOf = (entry: Entry): string => entry.header('x-request-id') ?? `entry ${entry.id}`;

/** Reads the books. The gateway must have stopped, or settled. */
export async function readBooks(rig: Rig, sent: readonly Sent[]): Promise<Evidence> {
  const rows = await rig.query<Row & Record<string, unknown>>(ROWS);
  const entries = new Map(rig.entries.map((entry) => [requestIdOf(entry), entry]));
  const aside = readAside(rig.dataDir);
  const known = new Set(rows.map(({ request_id }) => request_id));
  const doubled = [
    ...repeated(rows.map(({ request_id }) => request_id)),
    ...repeated(rows.flatMap(({ client_request_id }) => client_request_id ?? [])),
    ...[...aside.keys()].filter((id) => known.has(id)),
  ];
  return {
    sent,
    entries,
    rows,
    rowOf: new Map(rows.map((row) => [row.client_request_id ?? '', row])),
    aside,
    lost: [...entries.keys()].filter((id) => !known.has(id) && !aside.has(id)),
    doubled,
  };
}

/** Rows that were set aside: the client's request id by the gateway's. */
export function readAside(dataDir: string): Map<string, string | null> {
  const file = join(dataDir, ASIDE_FILE);
  if (!existsSync(file)) return new Map();
  // The last line may be on its way.
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return new Map(
    lines.map((line) => {
      const { row } = JSON.parse(line) as { row: Pick<Row, 'request_id' | 'client_request_id'> };
      return [row.request_id, row.client_request_id];
    }),
  );
}

function repeated(values: readonly string[]): string[] {
  const seen = new Set<string>();
  return values.filter((value) => seen.size === seen.add(value).size);
}

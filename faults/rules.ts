import type { Entry } from '../sim/entry.ts';
import type { Evidence, Row } from './books.ts';
import type { Tolerance } from './case.ts';

/** Outcomes of exchanges that may have ended before the upstream had the request. */
const WITHOUT_UPSTREAM = new Set(['rejected', 'crashed', 'client_aborted', 'upstream_failed']);
/** An estimate may be too high, but not wildly: a token has more bytes than this. */
const BYTES_PER_TOKEN_MIN = 2;
const ESTIMATE_SLACK_TOKENS = 16;

/** What is wrong with rows that are neither lost nor doubled, each held against its entry. */
export function wrongRows({ rows, entries }: Evidence, { kills = false }: Tolerance): string[] {
  return rows.flatMap((row) => {
    const entry = entries.get(row.request_id);
    const wrong = entry === undefined ? wrongWithout(row) : wrongBeside(row, entry);
    if (row.token_count !== row.input + row.output) wrong.push('the parts do not add up');
    if (row.outcome === 'crashed' && !kills) wrong.push('nothing crashed');
    return wrong.map((what) => `row ${row.request_id} (${row.outcome}, ${row.count_source}): ${what}`);
  });
}

/** The token sums of all completed exchanges, which both sides must agree on. @returns what is wrong with them */
export function wrongSums({ rows, entries }: Evidence): string[] {
  let booked = 0;
  let told = 0;
  for (const row of rows) {
    const reported = entries.get(row.request_id)?.reported;
    if (row.outcome !== 'completed' || row.count_source !== 'reported' || reported === undefined) continue;
    booked += row.token_count;
    told += reported.input + reported.output;
  }
  return booked === told ? [] : [`${booked} tokens are booked, ${told} were reported`];
}

function wrongWithout(row: Row): string[] {
  const wrong: string[] = [];
  if (!WITHOUT_UPSTREAM.has(row.outcome)) wrong.push('no upstream received it');
  if (row.reported !== null || row.count_source === 'reported') wrong.push('nobody reported that');
  return wrong;
}

function wrongBeside(row: Row, entry: Entry): string[] {
  const wrong: string[] = [];
  const { reported, text } = entry;
  if (row.count_source === 'reported' && !matchesReport(row, entry)) {
    wrong.push(`${row.input} + ${row.output} booked, ${JSON.stringify(reported)} reported`);
  }
  // Numbers that no database takes are none that were reported.
  if (row.outcome === 'completed' && row.count_source !== 'reported' && isSane(reported)) {
    wrong.push(`${JSON.stringify(reported)} was reported`);
  }
  if (row.outcome === 'crashed') {
    if (entry.sentBytes > 0 && row.token_count <= 0) wrong.push('it is free');
    const most = Math.max(reported?.output ?? 0, Buffer.byteLength(text) / BYTES_PER_TOKEN_MIN);
    if (row.output > most + ESTIMATE_SLACK_TOKENS) {
      wrong.push(`${row.output} tokens of output for ${Buffer.byteLength(text)} bytes of text`);
    }
  }
  return wrong;
}

/** A whole answer: what was told last. One that broke off: what was told at some time. */
function matchesReport({ outcome, input, output }: Row, { steps, reported }: Entry): boolean {
  const told = outcome === 'completed' ? [reported] : steps.map((step) => step.reported);
  return told.some((counts) => counts?.input === input && counts.output === output);
}

function isSane(reported: Entry['reported']): boolean {
  return reported !== undefined && Number.isSafeInteger(reported.input + reported.output);
}

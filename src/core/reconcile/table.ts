import type { Report, Sum } from './types.ts';

/* The report for people: one fact a line. */

const LABEL_CHARS = 34;
/** Of other nodes, so many are named. */
const OTHERS_MAX = 20;

const number = (value: number): string => value.toLocaleString('en-US');
const sum = ({ rows, tokens }: Sum): string => `${number(rows)} rows, ${number(tokens)} tokens`;
const line = (label: string, value: string): string => `${label.padEnd(LABEL_CHARS)}${value}`;
const by = (what: string, sums: Readonly<Record<string, Sum>>): string[] =>
  Object.entries(sums).map(([name, value]) => line(`  ${what} ${name}`, sum(value)));

export function renderReport(report: Report): string {
  const { journal, batches, rows, chain } = report;
  return [
    `Usage from ${report.from} to ${report.to}`,
    '',
    line(
      'Batches say that they wrote',
      `${sum(batches)}, in ${number(batches.batches)} batches of ${batches.nodes} nodes`,
    ),
    line('  of these in usage_logs', sum(batches.found)),
    line('  in the range', `${number(batches.rows_in_range)} rows`),
    line(
      '  proven by their hash',
      `${number(batches.proven)} batches, ${number(batches.unproven)} cannot be`,
    ),
    line('usage_logs has in the range', sum(rows)),
    line('  from before the chain', `${number(rows.unchained)} rows`),
    ...by('outcome', rows.by_outcome),
    ...by('counted as', rows.by_count_source),
    line('Set aside in the range', sum(report.set_aside)),
    '',
    line('Journal of this node, now', `${journal.lives} lives, ${journal.lives_running} running`),
    line('  open exchanges', number(journal.open)),
    line('  cut off, booked soon', number(journal.unsettled)),
    line('  waiting for the database', sum(journal.waiting)),
    line('  of these in the range', sum(journal.waiting_in_range)),
    line('  set aside', `${number(journal.set_aside)} rows`),
    line('  damaged files', number(journal.damaged)),
    ...metricLines(report),
    line('Chain of this node', chain.node_id ?? 'no gateway has run on this DATA_DIR'),
    line('  its end by DATA_DIR', chain.head === null ? 'none' : `seq ${chain.head.seq} ${chain.head.hash}`),
    line(
      '  its end by the database',
      chain.last === null ? 'none' : `seq ${chain.last.seq} ${chain.last.hash}`,
    ),
    '',
    ...differenceLines(report),
    ...otherLines(report),
  ].join('\n');
}

function metricLines({ metrics }: Report): string[] {
  if (metrics === null) return [line('Metrics', 'the gateway did not give any')];
  return [
    line('Metrics since the gateway started', `${number(metrics.admitted)} admitted`),
    ...(['written', 'duplicates', 'crashed', 'rejected', 'unjournaled', 'waiting', 'balance'] as const).map(
      (name) => line(`  ${name}`, number(metrics[name])),
    ),
  ];
}

function otherLines({ chain: { others } }: Report): string[] {
  if (others.length === 0) return [];
  return [
    '',
    'The ends of the chains of other nodes were not checked. Run the audit there too. By the database they are',
    ...others.slice(0, OTHERS_MAX).map(({ node_id, seq, hash }) => line(node_id, `  seq ${seq} ${hash}`)),
    ...(others.length > OTHERS_MAX ? [`… and ${number(others.length - OTHERS_MAX)} more nodes.`] : []),
  ];
}

function differenceLines({ differences: { count, more, by_kind, listed } }: Report): string[] {
  if (count === 0 && !more) return ['No differences.'];
  const rest = count - listed.length;
  return [
    `${more ? 'More than ' : ''}${number(count)} differences`,
    ...Object.entries(by_kind).map(([kind, of]) => line(`  ${kind}`, number(of))),
    '',
    ...listed.map(
      ({ kind, request_id, text }) => `${kind}${request_id === null ? '' : ` ${request_id}`}: ${text}`,
    ),
    ...(rest > 0 || more ? [`… and ${more ? 'more than ' : ''}${number(rest)} more.`] : []),
  ];
}

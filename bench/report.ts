import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, release, totalmem } from 'node:os';
import type { ArmResult, Comparison } from './compare.ts';
import { git } from './git.ts';
import type { MicroResult } from './micro/micro.ts';
import { MEASURED_CORE, OTHER_CORE, pinned } from './program.ts';
import type { Spread } from './statistics.ts';
import type { Waits } from './waits.ts';

export interface Results {
  readonly comparisons: readonly Comparison[];
  readonly waits: readonly Waits[];
  /** Through another API than the upstream has, and through its own. */
  readonly translations: readonly Comparison[];
  readonly burst: Comparison;
  readonly micros: readonly MicroResult[];
  /** Requests to the full gateway. */
  readonly sent: number;
  readonly rows: { readonly rows: number; readonly whole: number };
  readonly engine: string;
  readonly startedAt: number;
}

/** RESULTS.md. */
export function render({
  comparisons,
  waits,
  translations,
  burst,
  micros,
  sent,
  rows,
  engine,
  startedAt,
}: Results): string {
  const minutes = ((performance.now() - startedAt) / 60_000).toFixed(1);
  return `# Results

Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}, in ${minutes} minutes. What is measured, and how: README.md beside this file.
${machine(engine)}
Each figure is the median over the rounds, and in brackets the least and the greatest. CPU is the time of all processes of the gateway, without the database; the ratio is of CPU, taken round by round.
${comparisons.map(section).join('')}
Usage rows: ${sent} requests were sent to the full gateway, ${rows.rows} rows are in \`usage_logs\`, ${rows.whole} of them of completed exchanges with usage as the upstream reported it.

# The journal

How long a record waits until it is written, by the gateway's own histogram: two records a request, one write for all records of a turn of the event loop. With many requests at once a turn is long, and its work would have to be done before or after the write anyway.

| load | writes | p50 ms | p99 ms | within 0.1 ms |
|---|---|---|---|---|
${waits.map(wait).join('\n')}

# Translated, against direct

The same gateway, asked through one API for a model on an upstream that has another one, and for a model on an upstream that has that one.
${translations.map(section).join('')}
# Small cases

Those that docstrings refer to, and the chain without sockets. CPU of one process.

| case | what | ours | the other | |
|---|---|---|---|---|
${[burstClaim(burst), ...micros].map(claim).join('\n')}
`;
}

function section({ case: spec, first, second, rounds, cpuRatio }: Comparison): string {
  const perChunk = spec.chunks > 1;
  const row = (arm: ArmResult): string =>
    `| ${[
      arm.name,
      show(arm.requestsPerSecond, 0),
      show(arm.p50Ms, 1),
      show(arm.p99Ms, 1),
      show(arm.cpuMicrosPerRequest, 1),
      ...(perChunk ? [show(divide(arm.cpuMicrosPerRequest, spec.chunks), 2)] : []),
      arm.databaseMicrosPerRequest ? show(arm.databaseMicrosPerRequest, 1) : '',
    ].join(' | ')} |`;
  return `
## ${spec.title}

| ${rounds} rounds | requests/s | p50 ms | p99 ms | CPU µs a request | ${perChunk ? 'CPU µs a chunk | ' : ''}PostgreSQL, CPU µs a request |
|---|---|---|---|---|---|${perChunk ? '---|' : ''}
${row(first)}
${row(second)}

CPU, ${first.name} by ${second.name}: **${show(cpuRatio, 3)}**
`;
}

function wait({ title, turns, p50Ms, p99Ms, share }: Waits): string {
  return `| ${title} | ${turns} | <= ${p50Ms} | <= ${p99Ms} | ${(100 * share).toFixed(1)} % |`;
}

function burstClaim({ case: spec, first, second }: Comparison): MicroResult {
  return {
    name: 'burst',
    claim: 'one write for all chunks of a turn (`core/turn.ts`), against a write for each',
    unit: 'µs a chunk',
    ours: divide(second.cpuMicrosPerRequest, spec.chunks),
    other: divide(first.cpuMicrosPerRequest, spec.chunks),
  };
}

function claim({ name, claim, unit, ours, other }: MicroResult): string {
  return `| \`${name}\` | ${claim} | ${show(ours, 2)} | ${show(other, 2)} | ${unit} |`;
}

function machine(engine: string): string {
  const require = createRequire(import.meta.url);
  const versionOf = (name: string): string =>
    (JSON.parse(readFileSync(require.resolve(`${name}/package.json`), 'utf8')) as { version: string })
      .version;
  const cores = cpus();
  const placement = pinned
    ? `gateway on core ${MEASURED_CORE}; load, upstream and database on core ${OTHER_CORE} (taskset)`
    : 'processes are not tied to cores';
  const commit = git('rev-parse', '--short', 'HEAD');
  return `
- Machine: ${cores[0]?.model.trim()}, ${cores.length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}; ${placement}
- Node ${process.versions.node}, ${engine.replace('uws', 'uWebSockets.js')}, undici ${versionOf('undici')}, autocannon ${versionOf('autocannon')}${commit && `, commit ${commit}`}
`;
}

function divide({ median, min, max }: Spread, by: number): Spread {
  return { median: median / by, min: min / by, max: max / by };
}

function show({ median, min, max }: Spread, digits: number): string {
  const [m, from, to] = [median, min, max].map((value) => value.toFixed(digits));
  return `${m} (${from} to ${to})`;
}

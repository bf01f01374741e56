import { cpus, release } from 'node:os';
import type { Result } from './run.ts';

/** Of each case, so many are told; the rest is like them. */
const PROBLEMS_SHOWN = 5;

export const isOk = ({ problems }: Result): boolean => problems.length === 0;

export function verdict(result: Result): string {
  if (result.notRun !== undefined) return `not run: ${result.notRun}`;
  return isOk(result) ? 'ok' : 'FAILED';
}

const HEAD = [
  '| fault | expected | requests | at the upstreams | rows | set aside | lost | doubled | seconds to recover | verdict |',
  '|---|---|---:|---:|---:|---:|---:|---:|---:|---|',
];

/** The matrix, its sums, and what went wrong. Markdown. */
export function table(results: readonly Result[]): string {
  const sum = (key: 'requests' | 'received' | 'rows' | 'aside' | 'lost' | 'doubled'): number =>
    results.reduce((total, result) => total + result[key], 0);
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  const lines = results.map((result) => {
    const { fault, expected } = result.case;
    const { requests, received, rows, aside, lost, doubled, seconds } = result;
    const time = seconds === undefined ? '' : seconds.toFixed(1);
    return line([fault, expected, requests, received, rows, aside, lost, doubled, time, verdict(result)]);
  });
  const ok = results.every(isOk) ? 'ok' : 'FAILED';
  const sums = [sum('requests'), sum('received'), sum('rows'), sum('aside'), sum('lost'), sum('doubled')];
  return [...HEAD, ...lines, line(['**all**', '', ...sums, '', ok])].join('\n');
}

/** What the table has no room for; '' if there is nothing. */
export function details(results: readonly Result[]): string {
  return results
    .filter(({ problems, notes }) => problems.length + notes.length > 0)
    .map(({ case: { fault }, problems, notes }) => {
      const more = problems.length - PROBLEMS_SHOWN;
      const shown = [
        ...notes,
        ...problems.slice(0, PROBLEMS_SHOWN),
        ...(more > 0 ? [`and ${more} more`] : []),
      ];
      return `${fault}:\n${shown.map((text) => `- ${text}`).join('\n')}\n`;
    })
    .join('\n');
}

/** RESULTS.md. */
export function report(results: readonly Result[], minutes: number): string {
  const cores = cpus();
  return `# Results

Written by \`npm run faults\` on ${new Date().toISOString().slice(0, 10)}, in ${minutes.toFixed(1)} minutes, on ${cores[0]?.model.trim()}, ${cores.length} cores, Linux ${release()}, Node ${process.versions.node}. What is done, and how to read it: README.md beside this file.

${table(results)}

${details(results)}`
    .trimEnd()
    .concat('\n');
}

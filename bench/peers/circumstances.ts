import { cpus, release, totalmem } from 'node:os';
import { git } from '../git.ts';
import { MEASURED_CORE, OTHER_CORE, pinned } from '../program.ts';
import type { ScenarioResult } from './results.ts';

/** Machine, layout, commit and the versions of all arms. */
export function circumstances(results: readonly ScenarioResult[]): string[] {
  const cores = cpus();
  const versions = new Map<string, string>();
  for (const { arm, version } of results.flatMap(({ arms }) => arms)) {
    if (version !== '' && !versions.has(arm)) versions.set(arm, version);
  }
  const commit = git('rev-parse', '--short', 'HEAD');
  const changed = git('status', '--porcelain', '--untracked-files=no') !== '';
  return [
    `Machine: ${cores[0]?.model.trim()}, ${cores.length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Linux ${release()}`,
    pinned
      ? `Layout: the arm with one worker on core ${MEASURED_CORE}; load, upstream and the arm's database on core ${OTHER_CORE} (taskset)`
      : 'Layout: processes are not tied to cores, so no round is void',
    `Node ${process.versions.node}${commit && `, commit ${commit}${changed ? ' with changes' : ''}`}`,
    `Arms: ${[...versions].map(([arm, version]) => `${arm}: ${version}`).join('; ')}`,
  ];
}

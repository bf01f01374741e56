import { readdirSync, readFileSync } from 'node:fs';

/**
 * Starts to measure the CPU time of these processes. The function that it gives tells how much they have used since, in
 * µs; one that has ended meanwhile does not count.
 */
export function startCpuMeter(pids: readonly number[]): () => number {
  const before = pids.map(cpuMicros);
  return () =>
    pids.reduce((sum, pid, i) => {
      const after = cpuMicros(pid);
      return after === 0 ? sum : sum + after - before[i]!;
    }, 0);
}

/**
 * CPU time of a process so far, in µs, summed over its threads; 0 if there is none. From schedstat, whose unit is the
 * nanosecond; `/proc/<pid>/stat` counts in steps of 10 ms.
 */
function cpuMicros(pid: number): number {
  let nanos = 0;
  for (const thread of entries(`/proc/${pid}/task`)) {
    nanos += Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ', 1)[0]);
  }
  return nanos / 1e3;
}

/** The process and all that descend from it, save those under `except`. */
export function processTree(root: number, except?: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of entries('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    // The name stands in parentheses and may hold anything, the parent is the second field after it.
    const parent = Number(read(`/proc/${entry}/stat`).split(') ').at(-1)?.split(' ')[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const tree: number[] = [];
  const visit = (pid: number): void => {
    if (pid === except) return;
    tree.push(pid);
    children.get(pid)?.forEach(visit);
  };
  visit(root);
  return tree;
}

/** What ends while it is read is as good as empty. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function entries(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

import { readdirSync, readFileSync } from 'node:fs';

/**
 * CPU time that these processes have used so far, in µs, summed over their threads. From schedstat, whose unit is the
 * nanosecond; `/proc/<pid>/stat` counts in steps of 10 ms. Processes and threads that have ended count no more.
 */
export function cpuMicros(pids: readonly number[]): number {
  let nanos = 0;
  for (const pid of pids) {
    for (const thread of entries(`/proc/${pid}/task`)) {
      nanos += Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(' ', 1)[0]);
    }
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

import { readFileSync } from 'node:fs';

const PSS = /^Pss:\s+(\d+) kB$/m;
const ESTABLISHED = '01';

/** Memory of processes, what they share divided among those that share it. `/proc/<pid>/smaps_rollup`, proc(5). */
export function memoryKb(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + Number(PSS.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0), 0);
}

/** Connections that somebody on this machine has to a port of 127.0.0.1. */
export function connectionsTo(port: number): number {
  return parseConnections(read('/proc/net/tcp'), port);
}

/** @param table `/proc/net/tcp`, proc(5): address and port of each end in hex, then the state */
export function parseConnections(table: string, port: number): number {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table.split('\n').filter((line) => {
    const [, , remote, state] = line.trim().split(/\s+/);
    return state === ESTABLISHED && remote!.endsWith(wanted);
  }).length;
}

/** What ends while it is read is as good as empty. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

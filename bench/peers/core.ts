import { readFileSync } from 'node:fs';

/** Time of one core since the machine started, in ticks. */
export interface CoreTime {
  readonly busy: number;
  readonly all: number;
}

/** @param stat the text of `/proc/stat`, proc(5). Guests are counted within user and nice. */
export function coreTime(stat: string, core: number): CoreTime {
  const fields = new RegExp(`^cpu${core} (.*)$`, 'm').exec(stat)?.[1]?.trim().split(/\s+/).map(Number);
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] =
    fields ?? [];
  const busy = user + nice + system + irq + softirq + steal;
  return { busy, all: busy + idle + iowait };
}

/** Starts to watch a core. The function that it gives tells what share of the time since was not idle: 0 to 1. */
export function startCoreMeter(core: number): () => number {
  const read = (): CoreTime => coreTime(readFileSync('/proc/stat', 'utf8'), core);
  const before = read();
  return () => {
    const after = read();
    return (after.busy - before.busy) / Math.max(1, after.all - before.all);
  };
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/* The journal of one life of one worker is a folder below DATA_DIR/journal, named so that others can tell whether its
 * writer still lives: by the boot of the machine, the process, and when that was started. */

const SEGMENT = /^(\d{8})\.journal$/;
const LIFE = /^([0-9a-f]{8})-(\d+)-(\d+)-(\d+)$/;

let lives = 0;

export const journalRoot = (dataDir: string): string => join(dataDir, 'journal');

/** Segments count from 1 and follow each other without a gap. */
export const segmentName = (number: number): string => `${String(number).padStart(8, '0')}.journal`;

/** @returns undefined for any other file */
export function segmentNumber(name: string): number | undefined {
  const digits = SEGMENT.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** A name for a new journal of this process. */
export function newLife(): string {
  return `${boot()}-${process.pid}-${startOf(process.pid) ?? 0}-${++lives}`;
}

export const isLife = (name: string): boolean => LIFE.test(name);

/** A process may have several lives; this part of their names is the same. */
export const processOf = (life: string): string => life.slice(0, life.lastIndexOf('-'));

/** Whether the process that writes this journal still runs. */
export function isAlive(life: string): boolean {
  const [, bootId, pid, start] = LIFE.exec(life) ?? [];
  if (pid === undefined || bootId !== boot()) return false;
  const found = startOf(Number(pid));
  return found !== undefined && (found === Number(start) || start === '0');
}

let bootId: string | undefined;

/** Eight hex digits; zeros where the system does not tell. */
function boot(): string {
  bootId ??= read('/proc/sys/kernel/random/boot_id')?.slice(0, 8) ?? '00000000';
  return bootId;
}

/**
 * When a process was started, in clock ticks since the boot; 0 where the system does not tell. Undefined: it does not
 * run, or has ended and only its parent has not taken notice yet.
 */
function startOf(pid: number): number | undefined {
  // "pid (name) state parent …"; the name may hold blanks and brackets. The start is field 22. See proc(5).
  const stat = read(`/proc/${pid}/stat`);
  if (stat !== undefined) {
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : Number(fields[19]);
  }
  if (read('/proc/self/stat') !== undefined) return undefined;
  try {
    process.kill(pid, 0);
    return 0;
  } catch {
    return undefined;
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

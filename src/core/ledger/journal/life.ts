import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/* The journal of one life of one worker is a folder below DATA_DIR/journal, named so that others can tell whether its
 * writer still lives: by the system, the process, and when that was started. */

const SEGMENT = /^(\d{8})\.journal$/;
const LIFE = /^([0-9a-f]{8})-(\d+)-(\d+)-(\d+)$/;

/** ESRCH: the process ended while it was looked at. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR', 'ESRCH', 'EACCES', 'EPERM', 'EINVAL']);

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
  return `${system()}-${process.pid}-${startOf(process.pid) ?? 0}-${++lives}`;
}

export const isLife = (name: string): boolean => LIFE.test(name);

/** A process may have several lives; this part of their names is the same. */
export const processOf = (life: string): string => life.slice(0, life.lastIndexOf('-'));

/** @param life the name of one */
export const pidOf = (life: string): number => Number(LIFE.exec(life)?.[2]);

/** Whether its process would be seen from here: same machine, same boot, same container. */
export const isOfThisSystem = (life: string): boolean => LIFE.exec(life)?.[1] === system();

/**
 * Whether the process that writes this journal still runs, as far as can be seen from here. Where the system does not
 * say, as without a free file descriptor, it is taken to run: what it writes would be deleted under it.
 */
export function isAlive(life: string): boolean {
  const [, , pid, start] = LIFE.exec(life) ?? [];
  if (pid === undefined) return false;
  let found: number | undefined;
  try {
    if (!isOfThisSystem(life)) return false;
    found = startOf(Number(pid));
  } catch {
    return true;
  }
  return found !== undefined && (found === Number(start) || start === '0');
}

let systemId: string | undefined;

/** Eight hex digits that stand for this boot of this machine, and for this container's view of its processes. */
function system(): string {
  if (systemId !== undefined) return systemId;
  const parts = [read('/proc/sys/kernel/random/boot_id'), ifAny(() => readlinkSync('/proc/self/ns/pid'))];
  systemId = crc32(parts.join()).toString(16).padStart(8, '0');
  return systemId;
}

/**
 * When a process was started, in clock ticks since the boot; 0 where the system does not tell. Undefined: it does not
 * run, or has ended and only its parent has not taken notice yet. @throws if the system does not answer
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

const read = (file: string): string | undefined => ifAny(() => readFileSync(file, 'utf8'));

/** @returns undefined: there is no such thing, or it is not ours to see. @throws anything else, such as EMFILE */
function ifAny(look: () => string): string | undefined {
  try {
    return look();
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

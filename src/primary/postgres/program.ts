import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { Account } from './account.ts';

const TOOL_TIMEOUT_MS = 120_000;

/** The descriptor after standard input, output and error. */
const FOLDER_LINK = '/proc/self/fd/3';

export interface Program {
  readonly file: string;
  /** @param folder how the program can name the folder that it is given */
  readonly args: (folder: string) => readonly string[];
  /** The folder that it works on. */
  readonly folder: string;
  readonly account: Account | undefined;
  /** Where standard output and error go. */
  readonly output: 'pipe' | number;
  /** In a session of its own, which no Ctrl-C reaches. */
  readonly detached?: boolean;
}

/**
 * Starts a program as another account, with nothing of our environment: the settings hold secrets, and PG… variables
 * of an operator mean another server.
 *
 * The other account may be unable to get to the folder by its path, since /root is closed to all others. So the
 * folder is opened here and handed over as an open descriptor, which has a name in /proc. The working directory would
 * be the simpler way, but before version 16 PostgreSQL leaves it and wants to come back by path.
 */
export function startProgram(program: Program): ChildProcess {
  const { file, account, output, detached = false } = program;
  const linked = account !== undefined && existsSync('/proc/self/fd');
  const folder = linked ? openSync(program.folder, constants.O_RDONLY | constants.O_DIRECTORY) : undefined;
  try {
    return spawn(file, program.args(folder === undefined ? program.folder : FOLDER_LINK), {
      cwd: '/',
      detached,
      stdio: ['ignore', output, output, ...(folder === undefined ? [] : [folder])],
      ...(account && { uid: account.uid, gid: account.gid }),
      // On Windows a program without its environment does not start.
      ...(process.platform !== 'win32' && { env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' } }),
    });
  } finally {
    if (folder !== undefined) closeSync(folder);
  }
}

/** Runs a program to its end. @returns its standard output @throws Error with what it wrote to standard error */
export async function runTool(
  file: string,
  args: Program['args'],
  folder: string,
  account: Account | undefined,
): Promise<string> {
  const child = startProgram({ file, args, folder, account, output: 'pipe' });
  const timer = setTimeout(() => child.kill('SIGKILL'), TOOL_TIMEOUT_MS);
  try {
    const [output, complaint, [status]] = await Promise.all([
      text(child.stdout!),
      text(child.stderr!),
      once(child, 'close') as Promise<[number | null]>,
    ]);
    if (status !== 0) throw new Error(complaint.trim() || `${file} has failed`);
    return output;
  } finally {
    clearTimeout(timer);
  }
}

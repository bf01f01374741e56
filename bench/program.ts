import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism, tmpdir } from 'node:os';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What is measured has a core to itself where the machine lets it; load and upstream share another one. */
export const MEASURED_CORE = 0;
export const OTHER_CORE = 1;

export const pinned: boolean = availableParallelism() > 1 && spawnSync('taskset', ['--version']).status === 0;

/** Processes that run already, with all their threads, and what they start from now on, go to the other core. */
export function moveAside(pids: readonly number[]): void {
  if (!pinned) return;
  for (const pid of pids)
    spawnSync('taskset', ['-acp', String(OTHER_CORE), String(pid)], { stdio: 'ignore' });
}

/**
 * Lets a process run whenever it can, where we may say so (root): a kernel with lazy preemption lets it wait up to 4 ms for
 * whoever else is on its core, and it would be that what a latency tells of.
 */
export function prefer(pid: number): void {
  spawnSync('chrt', ['--all-tasks', '--rr', '--pid', '1', String(pid)], { stdio: 'ignore' });
}

const STOP_TIMEOUT_MS = 15_000;
const running = new Set<ChildProcess>();

// Whatever ends the bench, nothing that it started lives on.
process.on('exit', () => {
  for (const child of running) child.kill('SIGTERM');
});

/** A program in a process of its own, on one core. */
export class Process {
  readonly child: ChildProcess;

  /** @param core see above @param channel whether it is a Node program that takes messages */
  constructor(
    command: readonly string[],
    core: number,
    env: Readonly<Record<string, string>> = {},
    channel = false,
  ) {
    const [file, ...args] = pinned ? ['taskset', '-c', String(core), ...command] : command;
    this.child = spawn(file!, args, {
      // Not where somebody's .env lies.
      cwd: tmpdir(),
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'inherit', ...(channel ? ['ipc' as const] : [])],
    });
    running.add(this.child);
    this.child.once('exit', () => running.delete(this.child));
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Whether it has not ended. */
  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** The first line that it prints; the rest is read and dropped. @throws if it ends without one */
  async firstLine(): Promise<string> {
    const lines = createInterface({ input: this.child.stdout! });
    return new Promise((resolve, reject) => {
      lines.once('line', resolve);
      lines.once('close', () => reject(new Error(`${this.child.spawnargs.join(' ')}: ended without a word`)));
    });
  }

  async stop(): Promise<void> {
    if (!this.alive) return;
    const killer = setTimeout(() => this.child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    this.child.kill('SIGTERM');
    await once(this.child, 'exit');
    clearTimeout(killer);
  }
}

/** A Node program of the bench. */
export class Program extends Process {
  /** @param path absolute, or relative to the compiled bench @param core see above @param execArgv for Node */
  constructor(
    path: string,
    core: number,
    args: readonly string[] = [],
    env: Readonly<Record<string, string>> = {},
    execArgv: readonly string[] = [],
  ) {
    const file = fileURLToPath(new URL(path, import.meta.url));
    super([process.execPath, ...execArgv, file, ...args], core, env, true);
  }

  /** Sends one message and gives the next one that comes back. */
  async ask<Answer>(question: object): Promise<Answer> {
    const answer = new Promise<Answer>((resolve, reject) => {
      const onExit = (code: number | null) => reject(new Error(`a program of the bench ended with ${code}`));
      this.child.once('exit', onExit);
      this.child.once('message', (message) => {
        this.child.off('exit', onExit);
        resolve(message as Answer);
      });
    });
    this.child.send(question);
    return answer;
  }
}

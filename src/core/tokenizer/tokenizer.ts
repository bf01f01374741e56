import { Worker } from 'node:worker_threads';
import type { Logger } from '../log.ts';
import type { MonotonicMs } from '../types.ts';
import type { CountJob } from './job.ts';

/** Jobs that wait or run. Beyond that nothing is counted. */
const JOBS_MAX = 64;
/** Of a prompt. Most of what is longer is images, and parsing it would take too much memory. */
const JOB_BYTES_MAX = 16_777_216;
const WAITING_BYTES_MAX = 67_108_864;
/** From the call to the answer. Loading the library takes a quarter of a second. */
const JOB_TIMEOUT_MS = 5_000;
/** A thread that has nothing to do goes: of its 100 MB, two thirds come back to the system. */
const IDLE_TIMEOUT_MS = 60_000;
/** After a thread has died. */
const RESTART_PAUSE_MS = 1_000;
/** For what is still being counted when a process stops. */
const STOP_TIMEOUT_MS = 1_000;
const THREAD_HEAP_MB_MAX = 512;

export interface TokenizerOptions {
  readonly log: Pick<Logger, 'warn'>;
  readonly jobTimeoutMs?: number;
  readonly idleTimeoutMs?: number;
  readonly restartPauseMs?: number;
  /** The compiled program of the thread. */
  readonly program?: URL;
}

interface Waiting {
  readonly job: CountJob;
  readonly resolve: (tokens: number | undefined) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Counts tokens in a thread of its own, which is started when first needed and ended when it has had nothing to do for
 * a while. What cannot be counted in time or in bounds is answered with undefined, and the caller has an estimate.
 */
export class Tokenizer {
  readonly #log: Pick<Logger, 'warn'>;
  readonly #jobTimeoutMs: number;
  readonly #idleTimeoutMs: number;
  readonly #restartPauseMs: number;
  readonly #program: URL;
  #thread: Worker | undefined;
  /** The first one is with the thread. */
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #running = false;
  #idle: NodeJS.Timeout | undefined;
  #startAt: MonotonicMs = 0;
  #stopped = false;
  #whenDone: (() => void)[] = [];

  constructor(options: TokenizerOptions) {
    this.#log = options.log;
    this.#jobTimeoutMs = options.jobTimeoutMs ?? JOB_TIMEOUT_MS;
    this.#idleTimeoutMs = options.idleTimeoutMs ?? IDLE_TIMEOUT_MS;
    this.#restartPauseMs = options.restartPauseMs ?? RESTART_PAUSE_MS;
    this.#program = options.program ?? new URL('./thread.js', import.meta.url);
  }

  /** Whether there is a thread, and with it the memory that it takes. */
  get loaded(): boolean {
    return this.#thread !== undefined;
  }

  /**
   * The tokens of a model's output. Never rejects.
   * @param content of JSON strings, one after the other, escapes included; it must not change any more
   */
  text(content: Uint8Array, model: string): Promise<number | undefined> {
    return this.#count({ kind: 'text', model, bytes: content });
  }

  /** The input tokens of a request. Never rejects. @param body valid JSON, in any of the APIs; it must not change any more */
  prompt(body: Uint8Array, model: string): Promise<number | undefined> {
    return this.#count({ kind: 'prompt', model, bytes: body });
  }

  /** Nothing is counted any more, but for what is under way, and that only for so long. */
  async stop(timeoutMs = STOP_TIMEOUT_MS): Promise<void> {
    this.#stopped = true;
    if (this.#waiting.length > 0) {
      const timer = setTimeout(() => this.#giveUp(), timeoutMs);
      await new Promise<void>((resolve) => this.#whenDone.push(resolve));
      clearTimeout(timer);
    }
    await this.#end();
  }

  #count(job: CountJob): Promise<number | undefined> {
    const { length } = job.bytes;
    if (
      this.#stopped ||
      length > JOB_BYTES_MAX ||
      this.#waiting.length >= JOBS_MAX ||
      this.#waitingBytes + length > WAITING_BYTES_MAX ||
      performance.now() < this.#startAt
    ) {
      return Promise.resolve(undefined);
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#onLate(), this.#jobTimeoutMs);
      this.#waiting.push({ job, resolve, timer });
      this.#waitingBytes += length;
      this.#next();
    });
  }

  #next(): void {
    const [first] = this.#waiting;
    if (this.#running || first === undefined) return;
    clearTimeout(this.#idle);
    this.#thread ??= this.#start();
    this.#running = true;
    this.#thread.postMessage(first.job);
  }

  #start(): Worker {
    const thread = new Worker(this.#program, {
      name: 'tokenizer',
      env: {},
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: THREAD_HEAP_MB_MAX },
    });
    thread.on('message', (tokens: number) => {
      if (thread !== this.#thread) return;
      this.#running = false;
      this.#finish(this.#waiting[0]!, tokens);
      this.#next();
      if (this.#waiting.length === 0) this.#rest();
    });
    // An 'exit' follows.
    thread.on('error', (err) => this.#log.warn({ err }, 'the tokenizer failed; estimates stand in'));
    thread.on('exit', () => this.#onDeath(thread));
    // The timers of jobs keep the process for as long as one waits; the thread alone does not. A listener would.
    thread.unref();
    return thread;
  }

  #rest(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.#end(), this.#idleTimeoutMs);
    this.#idle.unref();
  }

  /** What waits has waited long enough, and may be what killed it: all of it is given up. */
  #onDeath(thread: Worker): void {
    if (thread !== this.#thread) return;
    this.#thread = undefined;
    this.#startAt = performance.now() + this.#restartPauseMs;
    this.#giveUp();
  }

  #onLate(): void {
    this.#log.warn({ waiting: this.#waiting.length }, 'the tokenizer takes too long; estimates stand in');
    const thread = this.#thread!;
    this.#onDeath(thread);
    void thread.terminate();
  }

  #giveUp(): void {
    this.#running = false;
    for (const waiting of [...this.#waiting]) this.#finish(waiting, undefined);
  }

  #finish(waiting: Waiting, tokens: number | undefined): void {
    clearTimeout(waiting.timer);
    this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
    this.#waitingBytes -= waiting.job.bytes.length;
    waiting.resolve(tokens);
    if (this.#waiting.length > 0) return;
    for (const resolve of this.#whenDone.splice(0)) resolve();
  }

  async #end(): Promise<void> {
    clearTimeout(this.#idle);
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }
}

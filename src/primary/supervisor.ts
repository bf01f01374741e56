import cluster, { type Worker } from 'node:cluster';
import { type Channel, type MessageKind, type Messages, openChannel } from '../core/channel.ts';
import type { Logger } from '../core/log.ts';
import type { MonotonicMs } from '../core/types.ts';

export interface SupervisorOptions {
  /** The program that each worker runs. */
  readonly exec: string;
  readonly workers: number;
  /** Added to the environment of the workers. */
  readonly environment: Readonly<Record<string, string>>;
  readonly heartbeatTimeoutMs: number;
  readonly log: Logger;
  /** A worker has been forked; it is not ready yet. @param slot from 0; its successor takes the same one */
  onFork(slot: number, channel: Channel): void;
  onReady(slot: number, channel: Channel, engine: string): void;
  /** A worker has died and will be replaced. */
  onDeath(slot: number): void;
}

/**
 * For V8 in the workers: functions of the hot path become part of each other up to a larger size, and exchanges that are
 * soon over do not outgrow the young generation: 0.93 and 0.96 of the CPU of a small request. And the old generation may
 * grow to four times what lives in it, as V8 lets it by itself in most programs: it counts large bodies as growth, and
 * would collect all 30 ms for them, at twice the cost of a request. Threads that help with a scavenge have no core to run on
 * while each worker has one: the worker waits until they have had theirs (bench/NOTES.md).
 */
export const WORKER_V8_FLAGS = [
  '--max-inlined-bytecode-size=2000',
  '--max-inlined-bytecode-size-cumulative=8000',
  '--min-semi-space-size=16',
  '--heap-growing-percent=300',
  '--no-parallel-scavenge',
];

/** How often, within its time, a worker is looked at. */
const CHECKS_PER_TIMEOUT = 4;
/** Until it is ready a worker loads its code and has no heartbeat. */
const START_TIMEOUT_MS = 30_000;
const BACKOFF_MIN_MS = 100;
const BACKOFF_MAX_MS = 10_000;
/** A worker that has lived for so long starts with a clean slate. */
const HEALTHY_MS = 10_000;
/** Workers that die one after the other before any worker was ever ready: there is no point in going on. */
const START_DEATHS_MAX = 3;
/** For the last write to a worker's journal. */
const JOURNAL_FLUSH_TIMEOUT_MS = 1_000;
/** After the time that open streams are given, a worker cuts them, writes their rows, and leaves. */
const EXIT_GRACE_MS = JOURNAL_FLUSH_TIMEOUT_MS + 5_000;

interface Child {
  readonly slot: number;
  readonly worker: Worker;
  readonly channel: Channel;
  readonly forkedAt: MonotonicMs;
  heardAt: MonotonicMs;
  ready: boolean;
  reason: string | undefined;
}

/** Keeps the workers alive: forks them, replaces the dead and the stuck, and stops them all in the end. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #children = new Map<number, Child>();
  readonly #respawns = new Set<NodeJS.Timeout>();
  readonly #watch: NodeJS.Timeout;
  #watchedAt: MonotonicMs = performance.now();
  #deaths = 0;
  #everReady = false;
  #stopping = false;
  #started: { resolve(): void; reject(reason: Error): void } | undefined;
  #emptied: (() => void) | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    // The operator's own flags come last: they win.
    cluster.setupPrimary({ exec: options.exec, execArgv: [...WORKER_V8_FLAGS, ...process.execArgv] });
    cluster.on('exit', this.#onExit);
    this.#watch = setInterval(() => this.#killStuck(), options.heartbeatTimeoutMs / CHECKS_PER_TIMEOUT);
  }

  /** Resolves when every worker listens. @throws when workers die one after the other before any is ready */
  start(): Promise<void> {
    const started = new Promise<void>((resolve, reject) => {
      this.#started = { resolve, reject };
    });
    for (let slot = 0; slot < this.#options.workers; slot++) this.#fork(slot);
    return started;
  }

  /** To every worker. */
  broadcast<K extends MessageKind>(kind: K, message: Messages[K]): void {
    for (const { channel } of this.#children.values()) channel.send(kind, message);
  }

  /** Has every worker finish its open streams and exit. Called again with a shorter time, that time holds. */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#respawns) clearTimeout(timer);
    const emptied = new Promise<void>((resolve) => {
      this.#emptied = resolve;
    });
    if (this.#children.size === 0) this.#emptied?.();
    this.broadcast('stop', { timeoutMs });
    const killer = setTimeout(() => {
      for (const { slot, worker } of this.#children.values()) {
        this.#options.log.error(
          { worker: slot, pid: worker.process.pid },
          'a worker does not stop; killing it, and its open exchanges are settled from its journal',
        );
        worker.process.kill('SIGKILL');
      }
    }, timeoutMs + EXIT_GRACE_MS);
    await emptied;
    clearTimeout(killer);
    clearInterval(this.#watch);
    cluster.off('exit', this.#onExit);
  }

  #fork(slot: number): void {
    const worker = cluster.fork(this.#options.environment);
    const channel = openChannel(worker);
    const now = performance.now();
    const child: Child = {
      slot,
      worker,
      channel,
      forkedAt: now,
      heardAt: now,
      ready: false,
      reason: undefined,
    };
    this.#children.set(worker.id, child);
    channel.on('heartbeat', () => {
      child.heardAt = performance.now();
    });
    channel.on('fatal', ({ reason }) => {
      child.reason = reason;
    });
    channel.on('ready', ({ engine }) => this.#onReady(child, engine));
    this.#options.onFork(slot, channel);
  }

  #onReady(child: Child, engine: string): void {
    child.ready = true;
    child.heardAt = performance.now();
    this.#everReady = true;
    this.#options.onReady(child.slot, child.channel, engine);
    const ready = [...this.#children.values()].filter((other) => other.ready).length;
    if (ready === this.#options.workers) this.#started?.resolve();
  }

  readonly #onExit = ({ id }: Worker, code: number | null, signal: string | null): void => {
    const child = this.#children.get(id);
    if (child === undefined) return;
    this.#children.delete(id);
    if (this.#stopping) {
      if (this.#children.size === 0) this.#emptied?.();
      return;
    }
    this.#options.onDeath(child.slot);
    const reason = child.reason ?? (signal ? `killed by ${signal}` : `exit code ${code}`);
    const livedMs = performance.now() - child.forkedAt;
    this.#deaths = livedMs > HEALTHY_MS ? 1 : this.#deaths + 1;
    if (!this.#everReady && this.#deaths >= START_DEATHS_MAX) {
      this.#stopping = true;
      this.#started?.reject(new Error(`The workers cannot start: ${reason}`));
      return;
    }
    const delayMs =
      child.ready && this.#deaths === 1 ? 0 : Math.min(BACKOFF_MIN_MS * 2 ** this.#deaths, BACKOFF_MAX_MS);
    this.#options.log.error(
      { worker: child.slot, pid: child.worker.process.pid, reason, delayMs },
      'a worker died; starting another',
    );
    const timer = setTimeout(() => {
      this.#respawns.delete(timer);
      this.#fork(child.slot);
    }, delayMs);
    this.#respawns.add(timer);
  };

  /** A worker whose event loop stands still keeps its share of the new connections waiting for ever. */
  #killStuck(): void {
    const { heartbeatTimeoutMs } = this.#options;
    const now = performance.now();
    // Having stood still ourselves, we have not heard yet what they said meanwhile.
    const late = now - this.#watchedAt > heartbeatTimeoutMs / 2;
    this.#watchedAt = now;
    if (late) return;
    for (const child of this.#children.values()) {
      const timeoutMs = child.ready ? heartbeatTimeoutMs : Math.max(heartbeatTimeoutMs, START_TIMEOUT_MS);
      if (now - child.heardAt < timeoutMs) continue;
      this.#options.log.error(
        { worker: child.slot, pid: child.worker.process.pid },
        'a worker is stuck; killing it',
      );
      child.reason = 'it was stuck';
      child.worker.process.kill('SIGKILL');
    }
  }
}

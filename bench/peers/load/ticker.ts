import { Worker } from 'node:worker_threads';

/**
 * Calls back at points of time that timers cannot hit: they are late by up to a millisecond. A thread sleeps instead,
 * in steps of microseconds, so that nothing has to spin on the core that the upstream shares.
 */
export class Ticker {
  readonly #worker: Worker;

  /** @param startMs on the clock of `performance.timeOrigin + performance.now()` @param gapMs between calls */
  constructor(startMs: number, gapMs: number, onTick: () => void) {
    this.#worker = new Worker(new URL('./ticker-thread.js', import.meta.url), {
      workerData: { startMs, gapMs },
    });
    this.#worker.on('message', onTick);
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

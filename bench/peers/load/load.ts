import { OTHER_CORE, Program, prefer } from '../../program.ts';
import type { Order, ResultOf } from './orders.ts';

/** The load client, beside the upstream on the other core. */
export class Load {
  readonly #program = new Program('./peers/load/main.js', OTHER_CORE);

  constructor() {
    prefer(this.pid);
  }

  get pid(): number {
    return this.#program.pid;
  }

  /** One at a time. */
  run<O extends Order>(order: O): Promise<ResultOf<O>> {
    return this.#program.ask<ResultOf<O>>(order);
  }

  stop(): Promise<void> {
    return this.#program.stop();
  }
}

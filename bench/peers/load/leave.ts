import { Client, type ClientEvents, RequestBytes } from './client.ts';
import type { LeaveOrder, LeaveResult } from './orders.ts';
import { Schedule } from './schedule.ts';

const STEP_MS = 5;
/** Clients that have not seen enough by then after the last has come count as failed. */
const LAST_MS = 15_000;

/** New clients at a fixed rate, each of which leaves in mid-stream. */
export function runLeave(order: LeaveOrder): Promise<LeaveResult> {
  return new Leave(order).run();
}

class Leave implements ClientEvents {
  readonly #order: LeaveOrder;
  readonly #request: RequestBytes;
  readonly #open = new Set<Client>();
  #left = 0;
  #failed = 0;
  #onDrained: () => void = () => {};
  #schedule: Schedule | undefined;

  constructor(order: LeaveOrder) {
    this.#order = order;
    this.#request = new RequestBytes(order.target);
  }

  async run(): Promise<LeaveResult> {
    const { rate, seconds } = this.#order;
    const startMs = performance.now();
    const schedule = new Schedule(startMs, rate, seconds);
    this.#schedule = schedule;
    const drained = new Promise<void>((resolve) => {
      this.#onDrained = resolve;
    });
    const coming = setInterval(() => {
      while (schedule.take(performance.now()) !== undefined) this.#come();
      if (schedule.done) clearInterval(coming);
    }, STEP_MS);
    const givenUp = setTimeout(this.#onDrained, seconds * 1e3 + LAST_MS);
    await drained;
    clearTimeout(givenUp);
    clearInterval(coming);
    const failed = this.#failed + this.#open.size;
    for (const client of this.#open) client.leave();
    return { kind: 'leave', left: this.#left, failed, seconds: (performance.now() - startMs) / 1e3 };
  }

  onData(client: Client): undefined {
    if (client.events.count < this.#order.events || client.answer.done) return;
    client.leave();
    this.#left++;
    this.#gone(client);
  }

  onAnswer(client: Client): void {
    client.leave();
    this.onLost(client);
  }

  onLost(client: Client): void {
    this.#failed++;
    this.#gone(client);
  }

  #come(): void {
    const client = new Client(this.#request, this, true);
    this.#open.add(client);
    client.send();
  }

  #gone(client: Client): void {
    this.#open.delete(client);
    if (this.#open.size === 0 && this.#schedule!.done) this.#onDrained();
  }
}

import { Client, type ClientEvents, RequestBytes } from './client.ts';
import { Histogram } from './histogram.ts';
import { chooser, tokenOf } from './keys.ts';
import type { RequestsOrder, RequestsResult } from './orders.ts';
import { Schedule } from './schedule.ts';
import { Ticker } from './ticker.ts';

/** A fixed rate starts after this, when its thread runs. */
const LEAD_MS = 100;
/** Answers that take longer are given up. */
const LAST_ANSWER_MS = 15_000;

/** Sends requests at a fixed rate or as fast as they are answered, and tells what came of them. */
export function runRequests(order: RequestsOrder): Promise<RequestsResult> {
  return new Requests(order).run();
}

class Requests implements ClientEvents {
  readonly #order: RequestsOrder;
  readonly #firstByte = new Histogram();
  readonly #end = new Histogram();
  readonly #slip = new Histogram();
  readonly #clients: Client[];
  readonly #free: Client[];
  /** When those were due that wait for a connection. */
  readonly #waiting: number[] = [];
  readonly #nextKey: (() => number) | undefined;
  #open = 0;
  #sent = 0;
  #good = 0;
  #lastMs = 0;
  #untilMs = 0;
  #schedule: Schedule | undefined;
  #onDrained: () => void = () => {};

  constructor(order: RequestsOrder) {
    this.#order = order;
    const request = new RequestBytes(order.target);
    this.#clients = Array.from({ length: order.connections }, () => new Client(request, this));
    this.#free = [...this.#clients];
    this.#nextKey = order.keys && chooser(order.keys);
  }

  async run(): Promise<RequestsResult> {
    const drained = new Promise<void>((resolve) => {
      this.#onDrained = resolve;
    });
    const startMs = this.#order.rate === undefined ? performance.now() : performance.now() + LEAD_MS;
    this.#untilMs = startMs + this.#order.seconds * 1e3;
    const ticker = this.#begin(startMs);
    const givenUp = setTimeout(this.#onDrained, this.#untilMs - performance.now() + LAST_ANSWER_MS);
    await drained;
    clearTimeout(givenUp);
    await ticker?.stop();
    for (const client of this.#clients) client.leave();
    return {
      kind: 'requests',
      sent: this.#sent,
      good: this.#good,
      bad: this.#sent - this.#good,
      seconds: (this.#lastMs - startMs) / 1e3,
      firstByte: this.#firstByte.summary(),
      end: this.#end.summary(),
      slip: this.#slip.summary(),
    };
  }

  onData(client: Client): undefined {
    if (client.lastMs !== 0) return;
    client.lastMs = performance.now();
    this.#firstByte.record(client.lastMs - client.startedMs);
  }

  onAnswer(client: Client): void {
    const { status, bytes } = client.answer;
    const { expected } = this.#order;
    if (status === expected.status && bytes === expected.bytes) this.#good++;
    this.#ended(client);
  }

  onLost(client: Client): void {
    // An idle connection that the server closes is opened again with the next request.
    if (client.lastMs === 0 && client.startedMs === 0) return;
    this.#ended(client);
  }

  #begin(startMs: number): Ticker | undefined {
    const { rate, seconds } = this.#order;
    if (rate === undefined) {
      for (const client of this.#free.splice(0)) this.#send(client, performance.now());
      return undefined;
    }
    this.#schedule = new Schedule(startMs, rate, seconds);
    return new Ticker(performance.timeOrigin + startMs, 1e3 / rate, () => this.#sendDue(performance.now()));
  }

  #sendDue(nowMs: number): void {
    for (;;) {
      const dueMs = this.#schedule!.take(nowMs);
      if (dueMs === undefined) return;
      this.#slip.record(nowMs - dueMs);
      const client = this.#free.pop();
      if (client === undefined) this.#waiting.push(dueMs);
      else this.#send(client, dueMs);
    }
  }

  #send(client: Client, startedMs: number): void {
    client.startedMs = startedMs;
    client.lastMs = 0;
    this.#open++;
    this.#sent++;
    client.send(this.#nextKey && tokenOf(this.#nextKey()));
  }

  #ended(client: Client): void {
    this.#lastMs = performance.now();
    this.#end.record(this.#lastMs - client.startedMs);
    client.startedMs = 0;
    client.lastMs = 0;
    this.#open--;
    const schedule = this.#schedule;
    const dueMs = schedule === undefined ? this.#lastMs : this.#waiting.shift();
    if (dueMs !== undefined && (schedule !== undefined || dueMs < this.#untilMs)) this.#send(client, dueMs);
    else this.#free.push(client);
    if (this.#open === 0 && (schedule?.done ?? true)) this.#onDrained();
  }
}

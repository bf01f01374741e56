import { Client, type ClientEvents, RequestBytes } from './client.ts';
import { Histogram } from './histogram.ts';
import type { StreamsOrder, StreamsResult } from './orders.ts';
import { Schedule } from './schedule.ts';

/** Streams that end no more are given up so long after the others had to. */
const GRACE_MS = 15_000;
const RAMP_STEP_MS = 5;

/** Keeps streams open and looks at how they come. */
export function runStreams(order: StreamsOrder): Promise<StreamsResult> {
  return new Streams(order).run();
}

class Streams implements ClientEvents {
  readonly #order: StreamsOrder;
  readonly #clients: Client[];
  readonly #delayError = new Histogram();
  #open = 0;
  #whole = 0;
  #broken = 0;
  #events = 0;
  #untilMs = 0;
  #ramp: Schedule | undefined;
  #onDrained: () => void = () => {};

  constructor(order: StreamsOrder) {
    this.#order = order;
    const request = new RequestBytes(order.target);
    this.#clients = Array.from({ length: order.streams }, () => new Client(request, this, true));
  }

  async run(): Promise<StreamsResult> {
    const { streams, rampMs, seconds, events, intervalMs } = this.#order;
    const startMs = performance.now();
    this.#untilMs = startMs + seconds * 1e3;
    const drained = new Promise<void>((resolve) => {
      this.#onDrained = resolve;
    });
    const ramp = new Schedule(startMs, (streams * 1e3) / rampMs, rampMs / 1e3);
    this.#ramp = ramp;
    let next = 0;
    const opening = setInterval(() => {
      while (ramp.take(performance.now()) !== undefined) this.#send(this.#clients[next++]!);
      if (ramp.done) clearInterval(opening);
    }, RAMP_STEP_MS);
    const givenUp = setTimeout(this.#onDrained, seconds * 1e3 + rampMs + events * intervalMs + GRACE_MS);
    await drained;
    clearTimeout(givenUp);
    clearInterval(opening);
    for (const client of this.#clients) client.leave();
    return {
      kind: 'streams',
      whole: this.#whole,
      broken: this.#broken + this.#open,
      events: this.#events,
      seconds: (performance.now() - startMs) / 1e3,
      delayError: this.#delayError.summary(),
    };
  }

  onData(client: Client, events: number): undefined {
    if (events === 0) return;
    const nowMs = performance.now();
    const { intervalMs } = this.#order;
    // The first event and the last ones (usage, end mark) come when they like.
    const paced = client.events.count - events > 0 && client.events.count < this.#order.events - 2;
    if (paced) {
      this.#delayError.record(Math.abs(nowMs - client.lastMs - intervalMs));
      for (let i = 1; i < events; i++) this.#delayError.record(intervalMs);
    }
    client.lastMs = nowMs;
    this.#events += events;
  }

  onAnswer(client: Client): void {
    const { answer, events } = client;
    const isWhole = answer.status === 200 && events.atEndMark && events.count === this.#order.events;
    if (isWhole) this.#whole++;
    else this.#broken++;
    this.#ended(client);
  }

  onLost(client: Client): void {
    if (client.startedMs === 0) return;
    this.#broken++;
    this.#ended(client);
  }

  #send(client: Client): void {
    this.#open++;
    client.startedMs = performance.now();
    client.send();
  }

  #ended(client: Client): void {
    this.#open--;
    client.startedMs = 0;
    if (performance.now() < this.#untilMs) this.#send(client);
    else if (this.#open === 0 && this.#ramp!.done) this.#onDrained();
  }
}

import { Client, type ClientEvents, RequestBytes } from './client.ts';
import type { HoldOrder, HoldResult, ReleaseResult } from './orders.ts';
import { Schedule } from './schedule.ts';

const STEP_MS = 10;
/** A slow reader's shares are so far apart. */
const SHARE_MS = 100;
/** Streams that have no first byte by then count as failed. */
const OPEN_TIMEOUT_MS = 30_000;

/** Streams that stay open while something else is measured, read at once or slowly. */
export class Holder implements ClientEvents {
  readonly #order: HoldOrder;
  readonly #clients: Client[];
  /** Of the share of each, what it has read. */
  readonly #read = new Map<Client, number>();
  readonly #share: number;
  #begun = 0;
  #lost = 0;
  #bytes = 0;
  #sharing: NodeJS.Timeout | undefined;
  #onSettled: () => void = () => {};

  constructor(order: HoldOrder) {
    this.#order = order;
    const request = new RequestBytes(order.target);
    this.#clients = Array.from({ length: order.streams }, () => new Client(request, this));
    this.#share = ((order.bytesPerSecond ?? Number.POSITIVE_INFINITY) * SHARE_MS) / 1e3;
  }

  async open(): Promise<HoldResult> {
    const { streams, perSecond, bytesPerSecond } = this.#order;
    const settled = new Promise<void>((resolve) => {
      this.#onSettled = resolve;
    });
    const schedule = new Schedule(performance.now(), perSecond, streams / perSecond);
    let next = 0;
    const opening = setInterval(() => {
      while (schedule.take(performance.now()) !== undefined) this.#clients[next++]!.send();
      if (schedule.done) clearInterval(opening);
    }, STEP_MS);
    const givenUp = setTimeout(this.#onSettled, (streams / perSecond) * 1e3 + OPEN_TIMEOUT_MS);
    if (bytesPerSecond !== undefined) this.#sharing = setInterval(() => this.#shareOut(), SHARE_MS);
    await settled;
    clearTimeout(givenUp);
    clearInterval(opening);
    return { kind: 'hold', open: this.#begun - this.#lost, failed: streams - this.#begun + this.#lost };
  }

  release(): ReleaseResult {
    clearInterval(this.#sharing);
    const open = this.#begun - this.#lost;
    for (const client of this.#clients) client.leave();
    return { kind: 'release', open, ended: this.#clients.length - open, bytes: this.#bytes };
  }

  onData(client: Client, _events: number, bytes: number): boolean {
    this.#bytes += bytes;
    const before = this.#read.get(client);
    if (before === undefined) this.#begin();
    const read = (before ?? 0) + bytes;
    this.#read.set(client, read);
    return read < this.#share;
  }

  onAnswer(client: Client): void {
    this.onLost(client);
    client.leave();
  }

  onLost(client: Client): void {
    this.#lost++;
    if (!this.#read.has(client)) this.#begin();
  }

  #begin(): void {
    if (++this.#begun === this.#clients.length) this.#onSettled();
  }

  /** What was read beyond a share is taken off the next ones. */
  #shareOut(): void {
    for (const [client, read] of this.#read) {
      const left = Math.max(0, read - this.#share);
      this.#read.set(client, left);
      if (read >= this.#share && left < this.#share && client.busy) client.resume();
    }
  }
}

import type { ServerResponse } from 'node:http';
import type { Books } from './books.ts';
import type { Delivery } from './delivery.ts';
import type { Entry } from './entry.ts';
import { step } from './step.ts';

/** Sends one answer, at its pace, until it is out, broken as planned, or the other side has left. */
export class Sender {
  readonly #response: ServerResponse;
  readonly #entry: Entry;
  readonly #books: Books;
  #closed = false;
  #wake: () => void = () => {};

  constructor(response: ServerResponse, entry: Entry, books: Books) {
    this.#response = response;
    this.#entry = entry;
    this.#books = books;
    response.on('close', () => {
      this.#closed = true;
      books.enter(entry, response.writableFinished ? 'finished' : 'aborted');
      this.#wake();
    });
    response.on('drain', () => this.#wake());
  }

  send(delivery: Delivery): void {
    const { head, steps, ending, headDelayMs, firstDelayMs } = delivery;
    // Nothing to wait for: no promise either, so that load tests measure the gateway and not the simulator.
    const delaysMs = headDelayMs + firstDelayMs + (steps[0]?.waitMs ?? 0);
    if (head !== undefined && steps.length === 1 && ending === 'end' && delaysMs === 0) {
      this.#start(delivery);
      this.#entry.steps.push(steps[0]!);
      this.#response.end(steps[0]!.bytes);
    } else {
      this.#run(delivery).catch((error: unknown) => this.#response.destroy(error as Error));
    }
  }

  /** An error that no script asked for. */
  refuse(status: number, body: string): void {
    const only = step(body);
    this.#books.enter(this.#entry, 'answering');
    this.#entry.status = status;
    this.#entry.steps.push(only);
    this.#response.writeHead(status, {
      'content-type': 'application/json',
      'content-length': only.bytes.length,
    });
    this.#response.end(only.bytes);
  }

  async #run(delivery: Delivery): Promise<void> {
    const { head, steps, ending, headDelayMs, firstDelayMs, delayMs, apart } = delivery;
    if (headDelayMs > 0) await this.#pause(headDelayMs);
    if (this.#closed) return;
    this.#start(delivery);
    // A head without anything after it would wait for its first byte.
    if (head !== undefined && (steps.length === 0 || firstDelayMs > 0 || steps[0]?.waitMs))
      this.#response.flushHeaders();
    if (firstDelayMs > 0) await this.#pause(firstDelayMs);
    const out = head === undefined ? this.#response.socket! : this.#response;
    for (const [i, next] of steps.entries()) {
      if (next.waitMs !== undefined) await this.#pause(next.waitMs);
      if (i > 0 && delayMs > 0) await this.#pause(delayMs);
      else if (i > 0 && apart) await tick();
      if (this.#closed) return;
      this.#entry.steps.push(next);
      if (!out.write(next.bytes)) await this.#pause();
    }
    if (!this.#closed) await this.#end(ending);
  }

  #start({ head, closeDelimited }: Delivery): void {
    const response = this.#response;
    this.#books.enter(this.#entry, 'answering');
    if (head === undefined) return;
    this.#entry.status = head.status;
    if (closeDelimited) {
      response.useChunkedEncodingByDefault = false;
      response.shouldKeepAlive = false;
    }
    response.writeHead(head.status, head.headers as string[]);
  }

  async #end(ending: Delivery['ending']): Promise<void> {
    if (ending === 'end') {
      this.#response.end();
    } else if (ending === 'stall') {
      this.#books.enter(this.#entry, 'stalled');
    } else {
      const { socket } = this.#response;
      await this.#flushed();
      this.#books.enter(this.#entry, 'broken');
      if (ending === 'reset') socket?.resetAndDestroy();
      else socket?.destroySoon();
    }
  }

  /** What was written before is in the hands of the kernel: a reset throws away all that is not. */
  async #flushed(): Promise<void> {
    await tick();
    const { socket } = this.#response;
    while (!this.#closed && socket !== null && socket.writableLength > 0) await this.#pause(1);
  }

  /** Until that time has passed, the other side has read on, or has left. */
  #pause(ms?: number): Promise<void> {
    if (this.#closed) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

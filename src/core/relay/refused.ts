import { REPORT_BYTES_MAX } from '../dialects/report.ts';
import type { Exchange } from '../exchange.ts';
import type { Awaitable } from '../plugin.ts';
import type { Call, Otherwise } from './call.ts';
import type { ResponseHead } from './head.ts';

type Carry = (call: Call) => Awaitable<undefined>;

/** An error of an upstream's that is read before anybody is told: there may be another way to an answer. */
export class Refused {
  readonly head: ResponseHead;
  readonly chunks: Buffer[] = [];
  readonly #otherwise: Otherwise;
  #bytes = 0;

  constructor(head: ResponseHead, otherwise: Otherwise) {
    this.head = head;
    this.#otherwise = otherwise;
  }

  /** @returns whether this is still short enough to be read */
  push(chunk: Buffer): boolean {
    this.#bytes += chunk.length;
    this.chunks.push(chunk);
    return this.#bytes <= REPORT_BYTES_MAX;
  }

  /**
   * All has come: sends the exchange the other way, if there is one.
   * @returns whether there is. @throws what `otherwise` throws
   */
  turn(exchange: Exchange, carry: Carry): boolean {
    const other = this.#otherwise(this.head.status, this.#said());
    if (other !== undefined) void turnTo(other, exchange, carry);
    return other !== undefined;
  }

  /** The body if it is JSON. */
  #said(): unknown {
    try {
      return JSON.parse(Buffer.concat(this.chunks).toString());
    } catch {
      return undefined;
    }
  }
}

async function turnTo(other: Awaitable<Call>, exchange: Exchange, carry: Carry): Promise<void> {
  // Should the client leave meanwhile: nothing has been worked on.
  exchange.carrier = undefined;
  try {
    const call = await other;
    if (!exchange.ended) await carry(call);
  } catch (thrown) {
    exchange.fail(thrown);
  }
}

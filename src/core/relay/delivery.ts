import type { UpstreamReport } from '../dialects/report.ts';
import type { Exchange } from '../exchange.ts';
import { EVENT_STREAM } from './call.ts';
import type { ResponseHead } from './head.ts';
import type { Watch } from './watch.ts';

type Head = Pick<ResponseHead, 'status' | 'headers'>;

/** Of a stream that begins before its upstream's answer does. */
const STREAM_HEAD: Head = {
  status: 200,
  headers: ['content-type', `${EVENT_STREAM}; charset=utf-8`, 'cache-control', 'no-cache'],
};

/** The client's side of the relay: what it is sent, and whether it takes it. */
export class Delivery {
  /** The client reads too slowly: hold the upstream back. */
  paused = false;
  readonly #exchange: Exchange;
  readonly #watch: Watch;

  constructor(exchange: Exchange, watch: Watch) {
    this.#exchange = exchange;
    this.#watch = watch;
  }

  write(head: Head, parts: readonly Uint8Array[]): void {
    const exchange = this.#exchange;
    if (!exchange.responding) this.#open(head);
    if (exchange.firstByteAt === 0 && parts.length > 0) exchange.firstByteAt = performance.now();
    this.#watch.wrote();
    this.#send(parts);
  }

  /**
   * Shows the client of a stream that its connection lives, even while the upstream has not said whether there will be
   * a stream: an error that comes after this is told by an event.
   */
  ping(head: Head | undefined, ping: Buffer, now: number): void {
    const exchange = this.#exchange;
    if (!exchange.responding) {
      exchange.streaming = true;
      this.#open(head ?? STREAM_HEAD);
    }
    this.#watch.wroteAt(now);
    this.#send([ping]);
  }

  /** These are the last. The exchange has been settled. */
  end({ status, headers }: Head, parts: readonly Uint8Array[]): void {
    const { responding, client } = this.#exchange;
    if (responding) client.end(parts);
    else client.respond(status, this.#headers(headers), parts);
  }

  /** The upstream reports an error in the place of an answer. Ends the exchange. */
  report(report: UpstreamReport, { headers }: Head): void {
    const exchange = this.#exchange;
    const { api, client, requestId, responding } = exchange;
    if (!responding) exchange.status = report.status;
    exchange.settle('upstream_failed', () => {
      if (responding) client.cut([Buffer.from(api.errorEvent(report, requestId))]);
      else {
        const body = Buffer.from(api.errorBody(report, requestId));
        client.respond(report.status, this.#headers(headers), [body]);
      }
    });
  }

  #open({ status, headers }: Head): void {
    const exchange = this.#exchange;
    exchange.status = status;
    exchange.responding = true;
    exchange.client.start(status, this.#headers(headers));
  }

  #send(parts: readonly Uint8Array[]): void {
    if (this.#exchange.client.write(parts)) return;
    this.paused = true;
    // From now on it is the client that is waited for.
    this.#watch.heard();
  }

  #headers(relayed: readonly string[]): string[] {
    // An upstream's own request-id is worth more to whoever asks that upstream about it.
    return relayed.includes('request-id')
      ? ['x-request-id', this.#exchange.requestId, ...relayed]
      : [...this.#exchange.ownHeaders(), ...relayed];
  }
}

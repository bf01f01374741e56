import { ProxyError } from '../errors.ts';
import type { Carrier, Exchange } from '../exchange.ts';
import type { Counter } from '../meter/charge.ts';
import type { Awaitable } from '../plugin.ts';
import { atTurnEnd, type Turned } from '../turn.ts';
import type { MonotonicMs } from '../types.ts';
import type { TransportCall, TransportEvents, TransportFailure } from '../upstream/transport.ts';
import type { Answer } from './answer.ts';
import { bill } from './bill.ts';
import { type Call, EVENT_STREAM, type UpstreamCall } from './call.ts';
import { Delivery } from './delivery.ts';
import { ErrorAnswer } from './error.ts';
import { type ResponseHead, readResponseHead } from './head.ts';
import type { RelayLimits } from './limits.ts';
import { codeOf, refuse } from './refusal.ts';
import { Refused } from './refused.ts';
import { fixedHeaders, ownHeaders, upstreamPath } from './request.ts';
import { Watch } from './watch.ts';

const NO_BYTES = Buffer.alloc(0);

/** For an upstream that has sent the end mark of its stream to end its response too, so that its connection can be kept. */
const LINGER_MS = 1_000;

/**
 * Gets the exchange its answer.
 * @returns a promise only for an answer that the gateway makes itself
 * @throws ProxyError `malformed_head` for a header that cannot be forwarded
 */
export function carry(
  exchange: Exchange,
  call: Call,
  limits: RelayLimits,
  counter?: Counter,
): Awaitable<undefined> {
  if ('answer' in call) return call.answer(exchange);
  new Relay(exchange, call, limits, counter).start();
  return undefined;
}

/**
 * Carries one exchange: its request to an upstream, and the answer back as it comes. Per chunk it makes no promise and no
 * timer; deadlines are looked at a few times a second.
 */
export class Relay implements Carrier, TransportEvents, Turned {
  readonly #exchange: Exchange;
  readonly #call: UpstreamCall;
  readonly #limits: RelayLimits;
  readonly #counter: Counter | undefined;
  #sent: TransportCall | undefined;
  /** The request may be on its way, and does no longer wait for a connection. */
  #asked = false;
  /** For the client. */
  #head: ResponseHead | undefined;
  #answer: Answer | undefined;
  /** What the client is sent at the end of this turn. */
  #parts: Uint8Array[] = [];
  #turned = false;
  #complete = false;
  #linger: NodeJS.Timeout | undefined;
  /** Set when the client has gone and the upstream is read on for its count: until then. */
  #drainUntil: MonotonicMs | undefined;
  #refused: Refused | undefined;
  readonly #watch: Watch;
  readonly #delivery: Delivery;

  constructor(exchange: Exchange, call: UpstreamCall, limits: RelayLimits, counter?: Counter) {
    this.#exchange = exchange;
    this.#call = call;
    this.#limits = limits;
    exchange.dispatchedAt = performance.now();
    this.#watch = new Watch(exchange.dispatchedAt);
    this.#delivery = new Delivery(exchange, this.#watch);
    this.#counter = counter;
  }

  /** Sends the request. @throws ProxyError `malformed_head` for a header that cannot be forwarded */
  start(): void {
    const exchange = this.#exchange;
    const { api, upstream, body } = this.#call;
    const request = {
      method: 'POST',
      path: upstreamPath(upstream.settings, api, exchange.client.head),
      fixedHeaders: fixedHeaders(upstream.settings, api),
      headers: ownHeaders(api, exchange),
      body,
    } as const;
    exchange.carrier = this;
    // From here on only the call's copy counts; a stream may go on for an hour.
    exchange.body = NO_BYTES;
    this.#sent = upstream.transport.send(request, this);
  }

  onAttempt(): void {
    this.#asked = true;
    this.#exchange.attempts++;
  }

  onHead(status: number, rawHeaders: readonly string[]): void {
    const exchange = this.#exchange;
    if (exchange.ended) return;
    const head = readResponseHead(status, rawHeaders);
    this.#watch.heard();
    const problem = refuse(head, exchange.responding);
    if (problem !== undefined) exchange.fail(problem);
    else if (status >= 400 && this.#call.otherwise !== undefined && !exchange.clientGone) {
      this.#refused = new Refused(head, this.#call.otherwise);
    } else this.#accept(head);
  }

  onChunk(chunk: Buffer): boolean {
    if (this.#exchange.ended) return true;
    this.#watch.heard();
    if (this.#refused === undefined) this.#take(chunk);
    else if (!this.#refused.push(chunk)) this.#stand(this.#refused);
    return !this.#delivery.paused;
  }

  onEnd(): void {
    clearTimeout(this.#linger);
    if (this.#refused !== undefined && this.#turns(this.#refused)) return;
    this.#complete = true;
    this.#atTurnEnd();
  }

  onFailed(failure: TransportFailure): void {
    clearTimeout(this.#linger);
    if (this.#exchange.ended) return;
    if (this.#answer?.enough) this.onEnd();
    else this.#breakOff(new ProxyError(codeOf(failure, this.#head !== undefined), { cause: failure.cause }));
  }

  #accept(head: ResponseHead): void {
    const exchange = this.#exchange;
    if (exchange.responding && head.status >= 400) {
      this.#head = head;
      this.#answer = new ErrorAnswer(head.status, exchange.api.dialect);
    } else {
      this.#head = this.#call.head(head, exchange);
      this.#answer = this.#call.receive(exchange, head);
      if (!exchange.responding) {
        if (!exchange.clientGone) exchange.status = this.#head.status;
        exchange.streaming = head.contentType === EVENT_STREAM;
      }
    }
    exchange.handler.onResponse(exchange);
  }

  #take(chunk: Buffer): void {
    const exchange = this.#exchange;
    exchange.handler.onChunk(exchange, chunk);
    if (this.#answer === undefined) this.#parts.push(chunk);
    else {
      try {
        this.#answer.push(chunk, this.#parts);
      } catch (thrown) {
        this.#breakOff(thrown);
        return;
      }
      exchange.textBytes = this.#answer.textBytes;
    }
    this.#atTurnEnd();
  }

  /** @returns whether the exchange goes another way, or has ended where that begins */
  #turns(refused: Refused): boolean {
    const exchange = this.#exchange;
    if (exchange.ended) return true;
    try {
      if (refused.turn(exchange, (call) => carry(exchange, call, this.#limits, this.#counter))) return true;
      this.#stand(refused);
    } catch (thrown) {
      exchange.fail(thrown);
    }
    return exchange.ended;
  }

  /** There is no other way: the client is told what the upstream says. */
  #stand({ head, chunks }: Refused): void {
    this.#refused = undefined;
    this.#accept(head);
    for (const chunk of chunks) if (!this.#exchange.ended) this.#take(chunk);
  }

  onTurnEnd(): void {
    this.#turned = false;
    if (!this.#exchange.ended && !this.#delivery.paused) this.#goOn();
  }

  #goOn(): void {
    // The end mark tells the client that all is there: it goes out with the books, like the end itself.
    if (this.#complete || this.#answer?.over) this.#finish();
    else if (this.#parts.length > 0) this.#write();
  }

  onWritable(): void {
    if (!this.#delivery.paused) return;
    this.#delivery.paused = false;
    this.#watch.heard();
    this.#goOn();
    if (!this.#delivery.paused) this.#sent?.resume();
  }

  release(): void {
    const exchange = this.#exchange;
    // One that is held back would not come to its end.
    if (this.#answer?.over && !this.#complete && !this.#delivery.paused) this.#lingers();
    else this.#sent?.abort();
    this.#parts = [];
    if (this.#answer !== undefined) exchange.textBytes = this.#answer.textBytes;
    const silent = this.#asked && this.#head === undefined && this.#refused === undefined;
    bill(exchange, this.#call, this.#answer, silent, this.#counter);
  }

  #lingers(): void {
    this.#linger = setTimeout(() => this.#sent?.abort(), LINGER_MS).unref();
  }

  outlivesClient(): boolean {
    const drainMs = this.#exchange.plan?.drainMs ?? 0;
    const refused = this.#refused !== undefined || (this.#head?.status ?? 0) >= 400;
    if (drainMs === 0 || !this.#asked || refused || !this.#call.api.metered) return false;
    this.#drainUntil = performance.now() + drainMs;
    this.#parts = [];
    this.onWritable();
    return true;
  }

  check(now: MonotonicMs): void {
    const { headersTimeoutMs, idleTimeoutMs, totalTimeoutMs, stallTimeoutMs } = this.#limits;
    const exchange = this.#exchange;
    if (this.#drainUntil !== undefined) {
      if (now > this.#drainUntil) exchange.settle('client_aborted');
      return;
    }
    this.#watch.look(now);
    const idleMs = this.#watch.idleMs(now);
    if (this.#delivery.paused && idleMs > stallTimeoutMs) {
      exchange.client.cut();
      exchange.onAborted();
      return;
    }
    const total = now - exchange.dispatchedAt;
    const late =
      this.#head === undefined ? total > headersTimeoutMs : !this.#delivery.paused && idleMs > idleTimeoutMs;
    if (late || total > totalTimeoutMs) this.#giveUp();
    else if (this.#pingIsDue(now)) this.#delivery.ping(this.#head, exchange.api.ping!, now);
  }

  /** The upstream takes too long. */
  #giveUp(): void {
    if (this.#answer?.enough) this.onEnd();
    else this.#breakOff(new ProxyError('upstream_timeout'));
  }

  #pingIsDue(now: MonotonicMs): boolean {
    const { pingIntervalMs } = this.#limits;
    if (pingIntervalMs === 0 || this.#delivery.paused || this.#watch.silentMs(now) < pingIntervalMs)
      return false;
    const { api, streaming, target } = this.#exchange;
    const streams = this.#head === undefined ? target?.request.stream : streaming;
    return streams === true && api.ping !== undefined && this.#answer?.interruptible !== false;
  }

  #atTurnEnd(): void {
    if (this.#turned) return;
    this.#turned = true;
    atTurnEnd(this);
  }

  #write(): void {
    const parts = this.#parts;
    this.#parts = [];
    if (this.#exchange.clientGone) return;
    this.#delivery.write(this.#head!, parts);
    this.#exchange.deliveredTextBytes = this.#exchange.textBytes;
  }

  #finish(): void {
    const exchange = this.#exchange;
    const answer = this.#answer;
    if (answer !== undefined && !answer.whole) {
      this.#breakOff(new ProxyError('upstream_broken', { message: 'The answer ended before it was whole.' }));
      return;
    }
    const parts = this.#parts;
    try {
      const report = answer?.finish(parts);
      if (exchange.clientGone) {
        exchange.settle('client_aborted');
        return;
      }
      if (report !== undefined) {
        this.#delivery.report(report, this.#head!);
        return;
      }
    } catch (thrown) {
      this.#breakOff(thrown);
      return;
    }
    this.#parts = [];
    if (exchange.firstByteAt === 0) exchange.firstByteAt = performance.now();
    exchange.deliveredTextBytes = exchange.textBytes;
    const failed = this.#head!.status >= 400 || answer?.failed;
    exchange.settle(failed ? 'upstream_failed' : 'completed', () => this.#delivery.end(this.#head!, parts));
  }

  /** The whole events that have come in still reach the client, if it has been sent any. */
  #breakOff(thrown: unknown): void {
    const exchange = this.#exchange;
    if (exchange.responding && !this.#delivery.paused && this.#parts.length > 0) this.#write();
    exchange.fail(thrown);
  }
}

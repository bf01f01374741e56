import type { UpstreamReport } from '../dialects/report.ts';
import { ProxyError } from '../errors.ts';
import type { Carrier, Exchange } from '../exchange.ts';
import { NOTHING_SEEN, type Observation, observe } from '../meter/observe.ts';
import type { Awaitable } from '../plugin.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { MonotonicMs } from '../types.ts';
import type { TransportCall, TransportEvents, TransportFailure } from '../upstream/transport.ts';
import type { Answer } from './answer.ts';
import { type Call, EVENT_STREAM, type UpstreamCall } from './call.ts';
import { ErrorAnswer } from './error.ts';
import { type ResponseHead, readResponseHead } from './head.ts';
import { codeOf, refuse } from './refusal.ts';
import { upstreamHeaders, upstreamPath } from './request.ts';
import { atTurnEnd, type Turned } from './turn.ts';

/** Counts what an upstream does not report. */
export type Counter = Pick<Tokenizer, 'text' | 'prompt'>;

/** Leaves it to estimates. */
const NO_COUNTER: Counter = { text: async () => undefined, prompt: async () => undefined };

export interface RelayLimits {
  readonly headersTimeoutMs: number;
  /** Between two chunks. */
  readonly idleTimeoutMs: number;
  readonly totalTimeoutMs: number;
  /** For a client that takes nothing. */
  readonly stallTimeoutMs: number;
  /** Longest silence towards the client of a stream; 0: it may be silent. */
  readonly pingIntervalMs: number;
}

const NO_BYTES = Buffer.alloc(0);
/** Of a stream that begins before its upstream's answer does. */
const STREAM_HEAD = {
  status: 200,
  headers: ['content-type', `${EVENT_STREAM}; charset=utf-8`, 'cache-control', 'no-cache'],
};

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
 * Carries one exchange: its request to an upstream, and the answer back as it comes. Per chunk there is no parse, no
 * promise and no timer; deadlines are looked at a few times a second.
 */
export class Relay implements Carrier, TransportEvents, Turned {
  readonly #exchange: Exchange;
  readonly #call: UpstreamCall;
  readonly #limits: RelayLimits;
  readonly #counter: Counter;
  #sent: TransportCall | undefined;
  /** For the client. */
  #head: ResponseHead | undefined;
  #answer: Answer | undefined;
  /** What the client is sent at the end of this turn. */
  #parts: Uint8Array[] = [];
  #turned = false;
  #complete = false;
  /** The client reads too slowly: hold the upstream back. */
  #paused = false;
  #progress = 0;
  #progressSeen = -1;
  #progressAt: MonotonicMs = 0;
  #writes = 0;
  #writesSeen = 0;
  #wroteAt: MonotonicMs = 0;

  constructor(exchange: Exchange, call: UpstreamCall, limits: RelayLimits, counter = NO_COUNTER) {
    this.#exchange = exchange;
    this.#call = call;
    this.#limits = limits;
    this.#counter = counter;
  }

  /** Sends the request. @throws ProxyError `malformed_head` for a header that cannot be forwarded */
  start(): void {
    const exchange = this.#exchange;
    const { api, upstream, body } = this.#call;
    const request = {
      method: 'POST',
      path: upstreamPath(upstream.settings, api, exchange.client.head),
      headers: upstreamHeaders(upstream.settings, api, exchange),
      body,
    } as const;
    exchange.carrier = this;
    // From here on only the call's copy counts; a stream may go on for an hour.
    exchange.body = NO_BYTES;
    exchange.dispatchedAt = performance.now();
    this.#wroteAt = exchange.dispatchedAt;
    this.#sent = upstream.transport.send(request, this);
  }

  onAttempt(): void {
    this.#exchange.attempts++;
  }

  onHead(status: number, rawHeaders: readonly Buffer[]): void {
    const exchange = this.#exchange;
    if (exchange.ended) return;
    const head = readResponseHead(status, rawHeaders);
    this.#progress++;
    const problem = refuse(head, exchange.responding);
    if (problem !== undefined) {
      exchange.fail(problem);
      return;
    }
    if (status >= 400 && this.#turnsTo(status)) return;
    if (exchange.responding && status >= 400) {
      this.#head = head;
      this.#answer = new ErrorAnswer(status, exchange.api.dialect);
    } else {
      this.#head = this.#call.head(head, exchange);
      this.#answer = this.#call.receive(exchange, head);
      if (!exchange.responding) {
        exchange.status = this.#head.status;
        exchange.streaming = head.contentType === EVENT_STREAM;
      }
    }
    exchange.handler.onResponse(exchange);
  }

  /** @returns whether the exchange goes another way, or has ended where that begins */
  #turnsTo(status: number): boolean {
    try {
      const other = this.#call.otherwise(status);
      if (other !== undefined) void this.#turnTo(other);
      return other !== undefined;
    } catch (thrown) {
      this.#exchange.fail(thrown);
      return true;
    }
  }

  async #turnTo(other: Awaitable<Call>): Promise<void> {
    const exchange = this.#exchange;
    this.#sent?.abort();
    // Should the client leave meanwhile: nothing has been worked on.
    exchange.carrier = undefined;
    try {
      const call = await other;
      if (!exchange.ended) await carry(exchange, call, this.#limits, this.#counter);
    } catch (thrown) {
      exchange.fail(thrown);
    }
  }

  onChunk(chunk: Buffer): boolean {
    const exchange = this.#exchange;
    if (exchange.ended) return true;
    this.#progress++;
    exchange.handler.onChunk(exchange, chunk);
    if (this.#answer === undefined) this.#parts.push(chunk);
    else {
      try {
        this.#answer.push(chunk, this.#parts);
      } catch (thrown) {
        this.#breakOff(thrown);
        return true;
      }
    }
    this.#atTurnEnd();
    return !this.#paused;
  }

  onEnd(): void {
    this.#complete = true;
    this.#atTurnEnd();
  }

  onFailed(failure: TransportFailure): void {
    const exchange = this.#exchange;
    if (exchange.ended) return;
    this.#breakOff(new ProxyError(codeOf(failure, this.#head !== undefined), { cause: failure.cause }));
  }

  onTurnEnd(): void {
    this.#turned = false;
    if (!this.#exchange.ended && !this.#paused) this.#send();
  }

  #send(): void {
    if (this.#complete) this.#finish();
    else if (this.#parts.length > 0) this.#write();
  }

  onWritable(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#progress++;
    this.#send();
    if (!this.#paused) this.#sent?.resume();
  }

  release(): void {
    const exchange = this.#exchange;
    this.#sent?.abort();
    this.#parts = [];
    const seen = this.#answer === undefined ? this.#unanswered() : this.#answer.settle();
    if (typeof seen === 'string') exchange.countSource = seen;
    else {
      const model = exchange.target?.item.model ?? '';
      exchange.countSource = 'observed';
      exchange.counting = observe(exchange.counts, seen, this.#call.body, model, this.#counter);
    }
  }

  /** The upstream may well have worked on it until the client left: the prompt is what can be known of that. */
  #unanswered(): 'none' | Observation {
    const { outcome, attempts } = this.#exchange;
    const { metered } = this.#call.api;
    const begun = outcome === 'client_aborted' && this.#head === undefined && attempts > 0;
    return metered && begun ? NOTHING_SEEN : 'none';
  }

  check(now: MonotonicMs): void {
    const { headersTimeoutMs, idleTimeoutMs, totalTimeoutMs, stallTimeoutMs } = this.#limits;
    const exchange = this.#exchange;
    if (this.#progress !== this.#progressSeen) {
      this.#progressSeen = this.#progress;
      this.#progressAt = now;
    }
    const idleMs = now - this.#progressAt;
    if (this.#paused && idleMs > stallTimeoutMs) {
      exchange.settle('client_aborted');
      exchange.client.cut();
      return;
    }
    const total = now - exchange.dispatchedAt;
    const late =
      this.#head === undefined ? total > headersTimeoutMs : !this.#paused && idleMs > idleTimeoutMs;
    if (late || total > totalTimeoutMs) this.#breakOff(new ProxyError('upstream_timeout'));
    else this.#ping(now);
  }

  /**
   * Shows the client of a stream that its connection lives, even while the upstream has not said whether there will be
   * a stream: an error that comes after this is told by an event.
   */
  #ping(now: MonotonicMs): void {
    const { pingIntervalMs } = this.#limits;
    const exchange = this.#exchange;
    if (this.#writes !== this.#writesSeen) {
      this.#writesSeen = this.#writes;
      this.#wroteAt = now;
    }
    if (pingIntervalMs === 0 || now - this.#wroteAt < pingIntervalMs || this.#paused) return;
    const due = this.#head === undefined ? exchange.target?.request.stream : exchange.streaming;
    if (!due || this.#answer?.interruptible === false) return;
    if (!exchange.responding) this.#open(this.#head ?? STREAM_HEAD);
    if (!exchange.client.write([exchange.api.ping])) this.#paused = true;
    this.#wroteAt = now;
  }

  #atTurnEnd(): void {
    if (this.#turned) return;
    this.#turned = true;
    atTurnEnd(this);
  }

  #open({ status, headers }: Pick<ResponseHead, 'status' | 'headers'>): void {
    const exchange = this.#exchange;
    exchange.status = status;
    exchange.streaming ||= this.#head === undefined;
    exchange.responding = true;
    exchange.client.start(status, this.#clientHeaders(headers));
  }

  #write(): void {
    const exchange = this.#exchange;
    const parts = this.#parts;
    this.#parts = [];
    if (!exchange.responding) this.#open(this.#head!);
    if (exchange.firstByteAt === 0 && parts.length > 0) exchange.firstByteAt = performance.now();
    this.#writes++;
    if (!exchange.client.write(parts)) this.#paused = true;
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
      if (report !== undefined) {
        this.#tell(report);
        return;
      }
    } catch (thrown) {
      this.#breakOff(thrown);
      return;
    }
    this.#parts = [];
    const { status, headers } = this.#head!;
    if (exchange.firstByteAt === 0) exchange.firstByteAt = performance.now();
    exchange.settle(status >= 400 || answer?.failed ? 'upstream_failed' : 'completed');
    if (exchange.responding) exchange.client.end(parts);
    else exchange.client.respond(status, this.#clientHeaders(headers), parts);
  }

  /** The upstream reports an error in the place of an answer. */
  #tell(report: UpstreamReport): void {
    const exchange = this.#exchange;
    const { api, client, requestId } = exchange;
    if (!exchange.responding) exchange.status = report.status;
    exchange.settle('upstream_failed');
    if (exchange.responding) client.cut([Buffer.from(api.errorEvent(report, requestId))]);
    else {
      const body = Buffer.from(api.errorBody(report, requestId));
      client.respond(report.status, this.#clientHeaders(this.#head!.headers), [body]);
    }
  }

  /** The whole events that have come in still reach the client, if it has been sent any. */
  #breakOff(thrown: unknown): void {
    const exchange = this.#exchange;
    if (exchange.responding && !this.#paused && this.#parts.length > 0) this.#write();
    exchange.fail(thrown);
  }

  #clientHeaders(relayed: readonly string[]): string[] {
    const own = this.#exchange.ownHeaders();
    // An upstream's own request-id is worth more to whoever asks that upstream about it.
    return relayed.includes('request-id')
      ? ['x-request-id', this.#exchange.requestId, ...relayed]
      : [...own, ...relayed];
  }
}

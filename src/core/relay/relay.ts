import { ProxyError } from '../errors.ts';
import type { Carrier, Exchange } from '../exchange.ts';
import { DocumentMeter } from '../meter/document.ts';
import { estimatePromptTokens } from '../meter/estimate.ts';
import type { Meter } from '../meter/meter.ts';
import { StreamMeter } from '../meter/stream.ts';
import type { MonotonicMs, Target } from '../types.ts';
import type { TransportCall, TransportEvents, TransportFailure } from '../upstream/transport.ts';
import type { Upstream } from '../upstream/upstreams.ts';
import { type ResponseHead, readResponseHead } from './head.ts';
import { upstreamHeaders, upstreamPath } from './request.ts';
import { atTurnEnd, type Turned } from './turn.ts';

export interface RelayLimits {
  readonly headersTimeoutMs: number;
  /** Between two chunks. */
  readonly idleTimeoutMs: number;
  readonly totalTimeoutMs: number;
  /** For a client that takes nothing. */
  readonly stallTimeoutMs: number;
}

const NO_BYTES = Buffer.alloc(0);
const EVENT_STREAM = 'text/event-stream';

/**
 * Carries one exchange: its request to an upstream, and the answer back as it comes. Per chunk there is no parse, no
 * promise and no timer; deadlines are looked at a few times a second.
 */
export class Relay implements Carrier, TransportEvents, Turned {
  readonly #exchange: Exchange;
  readonly #target: Target;
  readonly #limits: RelayLimits;
  readonly #metered: boolean;
  #call: TransportCall | undefined;
  #head: ResponseHead | undefined;
  #meter: Meter | undefined;
  /** What the client is sent at the end of this turn. */
  #parts: Uint8Array[] = [];
  #turned = false;
  #complete = false;
  /** The client reads too slowly: hold the upstream back. */
  #paused = false;
  #progress = 0;
  #progressSeen = -1;
  #progressAt: MonotonicMs = 0;

  /** @param metered count tokens; without, the answer goes through unread */
  constructor(exchange: Exchange, target: Target, limits: RelayLimits, metered = true) {
    this.#exchange = exchange;
    this.#target = target;
    this.#limits = limits;
    this.#metered = metered;
  }

  /** Sends the request. @throws ProxyError `malformed_head` for a header that cannot be forwarded */
  start(upstream: Upstream): void {
    const exchange = this.#exchange;
    const request = {
      method: 'POST',
      path: upstreamPath(upstream.settings, exchange.client.head),
      headers: upstreamHeaders(upstream.settings, exchange),
      body: this.#target.body,
    } as const;
    exchange.carrier = this;
    // From here on only the target's copy counts; a stream may go on for an hour.
    exchange.body = NO_BYTES;
    exchange.dispatchedAt = performance.now();
    this.#call = upstream.transport.send(request, this);
  }

  onAttempt(): void {
    this.#exchange.attempts++;
  }

  onHead(status: number, rawHeaders: readonly Buffer[]): void {
    const exchange = this.#exchange;
    if (exchange.ended) return;
    const head = readResponseHead(status, rawHeaders);
    this.#progress++;
    const problem = refuse(head);
    if (problem !== undefined) {
      exchange.fail(problem);
      return;
    }
    this.#head = head;
    exchange.status = status;
    exchange.streaming = head.contentType === EVENT_STREAM;
    if (this.#metered && status < 400) {
      this.#meter = exchange.streaming
        ? new StreamMeter(exchange.dialect, exchange.counts, this.#target.usageHidden)
        : new DocumentMeter(exchange.dialect, exchange.counts);
    }
    exchange.handler.onResponse(exchange);
  }

  onChunk(chunk: Buffer): boolean {
    const exchange = this.#exchange;
    if (exchange.ended) return true;
    this.#progress++;
    exchange.handler.onChunk(exchange, chunk);
    if (this.#meter === undefined) this.#parts.push(chunk);
    else this.#meter.push(chunk, this.#parts);
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
    if (!this.#paused) this.#call?.resume();
  }

  release(): void {
    const exchange = this.#exchange;
    this.#call?.abort();
    this.#parts = [];
    if (this.#meter !== undefined) exchange.countSource = this.#meter.settle(this.#target.body);
    else if (exchange.outcome === 'client_aborted' && this.#head === undefined && exchange.attempts > 0) {
      // The upstream may well have worked on it: the prompt is what can be known of that.
      exchange.counts.input = estimatePromptTokens(this.#target.body);
      exchange.countSource = 'observed';
    }
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
  }

  #atTurnEnd(): void {
    if (this.#turned) return;
    this.#turned = true;
    atTurnEnd(this);
  }

  #write(): void {
    const exchange = this.#exchange;
    const parts = this.#parts;
    this.#parts = [];
    if (!exchange.responding) {
      const { status, headers } = this.#head!;
      exchange.responding = true;
      exchange.client.start(status, this.#clientHeaders(headers));
    }
    if (exchange.firstByteAt === 0 && parts.length > 0) exchange.firstByteAt = performance.now();
    if (!exchange.client.write(parts)) this.#paused = true;
  }

  #finish(): void {
    const exchange = this.#exchange;
    const meter = this.#meter;
    if (meter !== undefined && !meter.whole) {
      this.#breakOff(new ProxyError('upstream_broken', { message: 'The answer ended before it was whole.' }));
      return;
    }
    const parts = this.#parts;
    this.#parts = [];
    meter?.finish(parts);
    const { status, headers } = this.#head!;
    if (exchange.firstByteAt === 0) exchange.firstByteAt = performance.now();
    exchange.settle(status >= 400 || meter?.failed ? 'upstream_failed' : 'completed');
    if (exchange.responding) exchange.client.end(parts);
    else exchange.client.respond(status, this.#clientHeaders(headers), parts);
  }

  /** The whole events that have come in still reach the client, if it has been sent any. */
  #breakOff(error: ProxyError): void {
    const exchange = this.#exchange;
    if (exchange.responding && !this.#paused && this.#parts.length > 0) this.#write();
    exchange.fail(error);
  }

  #clientHeaders(relayed: readonly string[]): string[] {
    const own = this.#exchange.ownHeaders();
    // An upstream's own request-id is worth more to whoever asks that upstream about it.
    return relayed.includes('request-id')
      ? ['x-request-id', this.#exchange.requestId, ...relayed]
      : [...own, ...relayed];
  }
}

/** Answers that must not reach the client. An upstream's 401 is about the operator's key, not about the client's token. */
function refuse({ status, contentEncoding }: ResponseHead): ProxyError | undefined {
  if (status === 401)
    return new ProxyError('upstream_unauthorized', { message: 'The upstream refuses the configured key.' });
  if (status >= 300 && status < 400) {
    return new ProxyError('upstream_invalid', {
      message: `The upstream redirects (${status}); redirects are not followed.`,
    });
  }
  if (contentEncoding !== '') {
    return new ProxyError('upstream_invalid', {
      message: `The upstream answers in ${contentEncoding}, which was not asked for.`,
    });
  }
  return undefined;
}

function codeOf(
  { kind }: TransportFailure,
  headSeen: boolean,
): 'upstream_failed' | 'upstream_busy' | 'upstream_invalid' | 'upstream_broken' {
  if (kind === 'busy') return 'upstream_busy';
  if (kind === 'protocol' && !headSeen) return 'upstream_invalid';
  return headSeen ? 'upstream_broken' : 'upstream_failed';
}

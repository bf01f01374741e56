import type { Api } from './dialects/api.ts';
import type { ErrorCode } from './errors.ts';
import { ProxyError } from './errors.ts';
import type { Admitted } from './ledger/admitted.ts';
import { type Account, UNCOUNTED } from './meter/account.ts';
import type { Awaitable } from './plugin.ts';
import type { Call } from './relay/call.ts';
import type { Listing } from './roster.ts';
import type { Client, ClientEvents } from './server/engine.ts';
import type { EpochMs, MonotonicMs, Outcome, Plan, Target, TokenCounts, User } from './types.ts';

/** What plugins hand to later plugins. A plugin that needs a new facet augments this interface. */
export interface Facets {
  user: User;
  plan: Plan;
  target: Target;
  admission: Admitted;
  call: Call;
}

/** Who leads an exchange through its phases: the chain on client routes, an endpoint on the operator's. */
export interface Handler {
  onHead(exchange: Exchange): void;
  onBody(exchange: Exchange): void;
  onResponse(exchange: Exchange): void;
  onChunk(exchange: Exchange, chunk: Uint8Array): void;
  onCheck?(exchange: Exchange, now: MonotonicMs): void;
  /** @returns a promise, which must not reject, to hold the last bytes of the response back */
  onDone(exchange: Exchange): Awaitable<void>;
}

/** What carries the response of an exchange once it has been routed: the relay. */
export interface Carrier {
  /** The client has taken what it was sent: go on. */
  onWritable(): void;
  /** The exchange has ended: complete its counts, and let go of the upstream. */
  release(): void;
  /** The client has gone. @returns whether the exchange goes on without it, for the sake of its count */
  outlivesClient?(): boolean;
  /** Called a few times a second. Ends the exchange when one of its deadlines has passed. */
  check(now: MonotonicMs): void;
}

/** What every exchange of a worker shares. */
export interface Surroundings {
  readonly bodyBytesMax: number;
  readonly bodyTimeoutMs: number;
  /** The last exchanges have ended: none may begin any more. */
  readonly closing?: boolean;
  /** Exchanges that have not ended. */
  readonly open: Listing<Exchange>;
  /** For the operator: failures that are not the client's fault. */
  report(exchange: Exchange, error: ProxyError): void;
}

// The facets are declared on the class by merging, so that `With<'user'>` can narrow them.
type Unset = { [K in keyof Facets]: Facets[K] | undefined };
export interface Exchange extends Unset {}

const NO_BYTES = Buffer.alloc(0);
const NOTHING = () => {};
const JSON_TYPE = 'application/json';

/**
 * One request and its response. It only moves forward: head, body, response, ended. Whatever happens, `onDone` of
 * its handler runs exactly once, before the last byte of the response is released.
 */
export class Exchange implements ClientEvents {
  /** UUIDv7: names the usage row. */
  readonly id: string;
  /** What `x-request-id` says in the response: the client's own if it sent a usable one, else `id`. */
  readonly requestId: string;
  readonly client: Client;
  readonly handler: Handler;
  /** What the client speaks. */
  readonly api: Api;
  /** The path pattern, for the metrics. */
  readonly route: string;
  readonly startedAt: MonotonicMs;
  readonly startedAtEpoch: EpochMs;

  /** Complete from `onBody` on. */
  body: Buffer = NO_BYTES;
  bodyAskedAt: MonotonicMs = 0;
  bodyAt: MonotonicMs = 0;

  /** Set by the relay. */
  carrier: Carrier | undefined = undefined;
  attempts = 0;
  dispatchedAt: MonotonicMs = 0;
  firstByteAt: MonotonicMs = 0;
  /** Whether the response is a stream of server-sent events. */
  streaming = false;
  /** Whether any byte of the response may be on its way to the client. */
  responding = false;
  /** The client has left; nothing can be sent any more. */
  clientGone = false;

  /** An estimate of the input tokens, by the length of the request. */
  promptEstimate = 0;
  /** What the upstream has told so far. */
  readonly reported: TokenCounts = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
  /** Bytes of the model's output that have come in, and of those the ones that were handed to the client. */
  textBytes = 0;
  deliveredTextBytes = 0;
  /** Set at the end; complete when `counting`, if there is one, has resolved. */
  account: Account = UNCOUNTED;
  /** Set at the end if tokens must be counted that the upstream did not report. Never rejects. */
  counting: Promise<void> | undefined = undefined;

  /** HTTP status of the response; 499 if the client left before it was known. */
  status = 0;
  error: ProxyError | undefined = undefined;
  outcome: Outcome | undefined = undefined;
  endedAt: MonotonicMs = 0;

  /** In the roster of open exchanges. */
  place = -1;

  readonly #surroundings: Surroundings;

  constructor(
    id: string,
    requestId: string,
    client: Client,
    route: string,
    api: Api,
    handler: Handler,
    startedAtEpoch: EpochMs,
    surroundings: Surroundings,
  ) {
    this.id = id;
    this.requestId = requestId;
    this.client = client;
    this.route = route;
    this.api = api;
    this.handler = handler;
    this.startedAt = performance.now();
    this.startedAtEpoch = startedAtEpoch;
    this.user = undefined;
    this.plan = undefined;
    this.target = undefined;
    this.admission = undefined;
    this.call = undefined;
    this.#surroundings = surroundings;
    surroundings.open.add(this);
  }

  get ended(): boolean {
    return this.outcome !== undefined;
  }

  /** The head has been accepted: ask for the body. `handler.onBody` follows. */
  readBody(bytesMax = this.#surroundings.bodyBytesMax): void {
    this.bodyAskedAt = performance.now();
    this.client.readBody(bytesMax);
  }

  onBody(body: Buffer): void {
    if (this.ended) return;
    this.body = body;
    this.bodyAt = performance.now();
    this.handler.onBody(this);
  }

  onBodyRejected(code: ErrorCode): void {
    this.fail(new ProxyError(code));
  }

  onAborted(): void {
    this.clientGone = true;
    if (this.ended) return;
    if (!this.responding) this.status = 499;
    if (!this.carrier?.outlivesClient?.()) this.settle('client_aborted');
  }

  onWritable(): void {
    if (!this.ended) this.carrier?.onWritable();
  }

  /** Called a few times a second. */
  check(now: MonotonicMs): void {
    this.handler.onCheck?.(this, now);
    if (this.ended) return;
    if (this.carrier !== undefined) this.carrier.check(now);
    else if (
      this.bodyAskedAt > 0 &&
      this.bodyAt === 0 &&
      now - this.bodyAskedAt > this.#surroundings.bodyTimeoutMs
    ) {
      this.fail(new ProxyError('body_timeout'), true);
    }
  }

  /** A whole response of the gateway's own; its body may be cut into parts. */
  respond(
    status: number,
    body: string | readonly Uint8Array[],
    contentType = JSON_TYPE,
    headers: readonly string[] = [],
  ): void {
    if (this.ended) return;
    this.status = status;
    this.settle('completed', () => this.#send(status, body, contentType, headers, false));
  }

  /**
   * Ends the exchange with an error: as a response while there is none, else as the dialect's error event, after
   * which the connection is cut so that nobody takes a broken stream for a whole one.
   * @param thrown a ProxyError; anything else is a bug, and the client learns only `internal`
   * @param close whether the connection can no longer be used
   */
  fail(thrown: unknown, close = false): void {
    const error = ProxyError.from(thrown);
    if (this.ended) {
      if (error.code === 'internal') this.report(thrown);
      return;
    }
    this.error = error;
    const { fault, status } = error.spec;
    if (fault !== 'client') this.report(error);
    if (!this.responding && !this.clientGone) this.status = status;
    const outcome = fault === 'upstream' ? 'upstream_failed' : 'rejected';
    this.settle(this.clientGone ? 'client_aborted' : outcome, () => {
      if (this.responding) {
        this.client.cut(this.streaming ? [Buffer.from(this.api.errorEvent(error, this.requestId))] : []);
      } else {
        this.#send(status, this.api.errorBody(error, this.requestId), JSON_TYPE, error.headers, close);
      }
    });
  }

  /**
   * Ends the exchange for the books, and then sends the last bytes.
   * @param release is called once the books have it, as a rule a moment later; not if the exchange has ended before, or
   * nobody is left to be sent anything
   */
  settle(outcome: Outcome, release: () => void = NOTHING): void {
    if (this.outcome !== undefined) return;
    this.outcome = outcome;
    this.endedAt = performance.now();
    this.#surroundings.open.delete(this);
    this.carrier?.release();
    const booked = this.handler.onDone(this);
    if (booked === undefined) this.#release(release);
    else {
      const done = () => this.#release(release);
      void booked.then(done, (thrown) => {
        this.report(thrown);
        done();
      });
    }
  }

  #release(send: () => void): void {
    if (!this.clientGone) send();
  }

  report(thrown: unknown): void {
    this.#surroundings.report(this, ProxyError.from(thrown));
  }

  /** The headers that every response carries. */
  ownHeaders(): string[] {
    return this.api.dialect === 'anthropic'
      ? ['x-request-id', this.requestId, 'request-id', this.requestId]
      : ['x-request-id', this.requestId];
  }

  #send(
    status: number,
    body: string | readonly Uint8Array[],
    type: string,
    headers: readonly string[],
    close: boolean,
  ): void {
    const parts = typeof body === 'string' ? [Buffer.from(body)] : body;
    this.client.respond(status, [...this.ownHeaders(), 'content-type', type, ...headers], parts, close);
  }
}

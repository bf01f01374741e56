import { buildConnector, Client, type Dispatcher } from 'undici';
import { join } from '../bytes.ts';
import type {
  Transport,
  TransportCall,
  TransportEvents,
  TransportFailure,
  TransportOptions,
  TransportRequest,
} from './transport.ts';
import { Valve } from './valve.ts';

const HEAD_BYTES_MAX = 65_536;
/** A connection's client that was not used for so long is thrown away. */
const IDLE_CLIENT_MS = 60_000;

/**
 * undici's dispatch over an own list of clients, one exchange each. The list is last in, first out: `undici.Pool`
 * looks for a free client one by one, which costs each request the number of open streams.
 */
export class UndiciTransport implements Transport {
  readonly #origin: string;
  readonly #options: TransportOptions;
  readonly #connect: buildConnector.connector;
  /** The last one was used last. */
  readonly #free: Slot[] = [];
  readonly #slots = new Set<Slot>();
  readonly #waiting = new Set<Call>();
  readonly #pruner: NodeJS.Timeout;

  constructor(origin: string, options: TransportOptions) {
    this.#origin = origin;
    this.#options = options;
    this.#connect = buildConnector({ timeout: options.connectTimeoutMs });
    this.#pruner = setInterval(() => this.#prune(), IDLE_CLIENT_MS).unref();
  }

  send(request: TransportRequest, events: TransportEvents): TransportCall {
    const call = new Call(request, events, this.#options, this);
    const slot = this.#free.pop() ?? this.#open();
    if (slot !== undefined) call.start(slot);
    else if (this.#waiting.size < this.#options.queueMax) this.#waiting.add(call);
    else queueMicrotask(() => call.fail({ kind: 'busy', cause: undefined }));
    return call;
  }

  /** For calls: this slot is free again. */
  release(slot: Slot): void {
    for (const call of this.#waiting) {
      this.#waiting.delete(call);
      call.start(slot);
      return;
    }
    slot.freeSince = Date.now();
    this.#free.push(slot);
  }

  /** For calls: no longer wants a slot. */
  forget(call: Call): void {
    this.#waiting.delete(call);
  }

  async close(): Promise<void> {
    clearInterval(this.#pruner);
    await Promise.all(Array.from(this.#slots, ({ client }) => client.destroy()));
  }

  #open(): Slot | undefined {
    if (this.#slots.size >= this.#options.connectionsMax) return undefined;
    const connect: buildConnector.connector = (options, callback) =>
      this.#connect(options, (...connected) => {
        const [, socket] = connected;
        if (socket) slot.valve = new Valve(socket);
        callback(...connected);
      });
    const client = new Client(this.#origin, {
      pipelining: 1,
      // The relay owns the deadlines: thinking models are silent for minutes.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: this.#options.keepAliveTimeoutMs,
      maxHeaderSize: HEAD_BYTES_MAX,
      connect,
    });
    const slot: Slot = { client, valve: undefined, freeSince: 0 };
    this.#slots.add(slot);
    return slot;
  }

  #prune(): void {
    const usedSince = Date.now() - IDLE_CLIENT_MS;
    let idle = 0;
    while (idle < this.#free.length && this.#free[idle]!.freeSince < usedSince) idle++;
    for (const slot of this.#free.splice(0, idle)) {
      this.#slots.delete(slot);
      void slot.client.destroy();
    }
  }
}

interface Slot {
  readonly client: Client;
  /** Of the connection that stands now. */
  valve: Valve | undefined;
  freeSince: number;
}

/**
 * One request. It implements undici's older form of handler, which hands over raw headers: the newer one makes an
 * object of them first (bench case `relay`).
 */
class Call implements TransportCall, Dispatcher.DispatchHandler {
  readonly #request: TransportRequest;
  readonly #events: TransportEvents;
  readonly #transport: UndiciTransport;
  readonly #wants: TransportOptions['wants'];
  #attemptsLeft: number;
  #slot: Slot | undefined;
  #cancel: (() => void) | undefined;
  /** The connection stands, and the request may have been sent. */
  #connected = false;
  #aborted = false;

  constructor(
    request: TransportRequest,
    events: TransportEvents,
    options: TransportOptions,
    transport: UndiciTransport,
  ) {
    this.#request = request;
    this.#events = events;
    this.#attemptsLeft = options.connectAttemptsMax;
    this.#wants = options.wants;
    this.#transport = transport;
  }

  start(slot: Slot): void {
    this.#slot = slot;
    this.#attemptsLeft--;
    this.#events.onAttempt();
    const { method, path, fixedHeaders = [], headers, body } = this.#request;
    slot.client.dispatch({ method, path, headers: [...fixedHeaders, ...headers], body: join(body) }, this);
  }

  fail(failure: TransportFailure): void {
    if (!this.#aborted) this.#events.onFailed(failure);
  }

  resume(): void {
    this.#slot?.valve?.open();
  }

  abort(): void {
    if (this.#aborted) return;
    this.#aborted = true;
    if (this.#slot === undefined) this.#transport.forget(this);
    else this.#cancel?.();
  }

  onConnect(abort: (error?: Error) => void): void {
    this.#connected = true;
    this.#cancel = abort;
    if (this.#aborted) abort();
  }

  onHeaders(status: number, headers: Buffer[]): boolean {
    // 1xx is between the two servers.
    if (status >= 200 && !this.#aborted) this.#events.onHead(status, this.#wanted(headers));
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (!this.#aborted && !this.#events.onChunk(chunk)) this.#slot?.valve?.shut();
    return true;
  }

  onComplete(): void {
    this.#releaseSlot();
    if (this.#aborted) return;
    // Nothing is left to abort.
    this.#aborted = true;
    this.#events.onEnd();
  }

  onError(error: Error): void {
    // undici has not done with its client yet, and trips over a request that it is given now.
    queueMicrotask(() => this.#afterError(error));
  }

  #wanted(raw: readonly Buffer[]): string[] {
    const headers: string[] = [];
    for (let i = 0; i + 1 < raw.length; i += 2) {
      const name = raw[i]!.toString('latin1').toLowerCase();
      if (this.#wants(name)) headers.push(name, raw[i + 1]!.toString('latin1'));
    }
    return headers;
  }

  #afterError(error: Error): void {
    const slot = this.#slot;
    if (!this.#connected && !this.#aborted && this.#attemptsLeft > 0 && slot !== undefined) {
      this.start(slot);
      return;
    }
    this.#releaseSlot();
    this.fail({ kind: this.#connected ? kindOf(error) : 'connect', cause: error });
  }

  #releaseSlot(): void {
    const slot = this.#slot;
    if (slot === undefined) return;
    this.#slot = undefined;
    slot.valve?.release();
    this.#transport.release(slot);
  }
}

/** Errors of undici's parser have a name; their codes are undefined (7.30.2). */
function kindOf({ name, code = '' }: Error & { code?: string }): 'protocol' | 'reset' {
  return name === 'HTTPParserError' || code === 'UND_ERR_HEADERS_OVERFLOW' || code.includes('CONTENT_LENGTH')
    ? 'protocol'
    : 'reset';
}

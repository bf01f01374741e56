import { afterPoll } from '../../poll.ts';
import type {
  Transport,
  TransportCall,
  TransportEvents,
  TransportOptions,
  TransportRequest,
} from '../transport.ts';
import { Call } from './call.ts';
import { Connection, type Owner, type Unsent } from './connection.ts';
import { HeadParser } from './head.ts';
import { HeaderNames } from './names.ts';
import { headerLines, requestHead } from './request.ts';
import { Dialer } from './socket.ts';

const READ_BYTES_MAX = 65_536;
const NO_HEADERS: readonly string[] = [];
/** How often connections that have been idle for too long are looked for; none of them is used, whatever this says. */
const SWEEP_INTERVAL_MS = 1_000;

/**
 * An HTTP/1.1 client for the relay, and for nothing else: it knows one kind of request, and refuses what is not the
 * strictest HTTP. An exchange costs it about half of what undici's dispatch costs (bench case
 * `client`).
 */
export class Http1Transport implements Transport, Owner {
  readonly dialer: Dialer;
  readonly connectTimeoutMs: number;
  readonly readBuffer: Buffer = Buffer.allocUnsafeSlow(READ_BYTES_MAX);
  readonly parser: HeadParser;
  readonly #options: TransportOptions;
  readonly #ownLines: string;
  /** The lines of what all requests of a kind have. */
  readonly #fixedLines = new WeakMap<readonly string[], string>();
  readonly #connections = new Set<Connection>();
  /** The last one was used last. Those that are gone are passed over. */
  #free: Connection[] = [];
  #claimed: Connection[] = [];
  readonly #waiting = new Set<Call>();
  readonly #sweeper: NodeJS.Timeout;
  #closed = false;

  constructor(origin: string, options: TransportOptions) {
    this.dialer = new Dialer(origin);
    this.connectTimeoutMs = options.connectTimeoutMs;
    this.parser = new HeadParser(new HeaderNames(options.wants));
    this.#options = options;
    this.#ownLines = `host: ${new URL(origin).host}\r\nconnection: keep-alive\r\n`;
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_INTERVAL_MS).unref();
  }

  /** @throws TypeError for a request that cannot be written down as one */
  send(request: TransportRequest, events: TransportEvents): TransportCall {
    const head = requestHead(request, this.#fixedLinesOf(request.fixedHeaders ?? NO_HEADERS));
    const call = new Call(head, request.body, events, this.#options.connectAttemptsMax, this);
    if (this.#closed) queueMicrotask(() => call.fail({ kind: 'connect', cause: new Error('closed') }));
    else if (!this.#attempt(call)) {
      if (this.#waiting.size < this.#options.queueMax) this.#waiting.add(call);
      else queueMicrotask(() => call.fail({ kind: 'busy', cause: undefined }));
    }
    return call;
  }

  #fixedLinesOf(fixedHeaders: readonly string[]): string {
    let lines = this.#fixedLines.get(fixedHeaders);
    if (lines === undefined) {
      lines = this.#ownLines + headerLines(fixedHeaders);
      this.#fixedLines.set(fixedHeaders, lines);
    }
    return lines;
  }

  /** For calls: no longer waits for a connection. */
  forget(call: Call): void {
    this.#waiting.delete(call);
  }

  onFree(connection: Connection, keepAliveMs = this.#options.keepAliveTimeoutMs): void {
    for (const call of this.#waiting) {
      this.#waiting.delete(call);
      this.#claim(connection, call);
      this.#count(call);
      return;
    }
    connection.idleUntil = performance.now() + keepAliveMs;
    this.#free.push(connection);
  }

  onGone(connection: Connection, unsent?: Unsent): void {
    this.#connections.delete(connection);
    const failed = unsent !== undefined && !this.#tryAgain(unsent);
    for (const call of this.#waiting) {
      if (this.#connections.size >= this.#options.connectionsMax) break;
      this.#waiting.delete(call);
      this.#attempt(call);
    }
    if (failed) unsent.call.fail({ kind: 'connect', cause: unsent.cause });
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweeper);
    const cause = new Error('The transport is closed.');
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const connection of this.#connections) connection.destroy(cause);
    for (const call of waiting) call.fail({ kind: 'connect', cause });
  }

  /** @returns whether there is a connection for it, or room for another one */
  #attempt(call: Call): boolean {
    if (!this.#assign(call)) return false;
    this.#count(call);
    return true;
  }

  #count(call: Call): void {
    call.attemptsLeft--;
    call.events.onAttempt();
  }

  #assign(call: Call): boolean {
    const connection = this.#takeFree();
    if (connection !== undefined) this.#claim(connection, call);
    else if (this.#connections.size >= this.#options.connectionsMax) return false;
    else this.#connections.add(new Connection(this, call));
    return true;
  }

  #tryAgain({ call, connectFailed }: Unsent): boolean {
    if (this.#closed) return false;
    // That a connection was closed while it was idle is no attempt that has failed.
    if (!connectFailed) return this.#assign(call);
    return call.attemptsLeft > 0 && this.#attempt(call);
  }

  #takeFree(): Connection | undefined {
    let connection = this.#free.pop();
    if (connection === undefined) return undefined;
    const now = performance.now();
    for (; connection !== undefined; connection = this.#free.pop()) {
      if (connection.phase !== 'idle') continue;
      if (connection.idleUntil > now) return connection;
      connection.destroy(undefined);
    }
    return undefined;
  }

  /**
   * The request is written when all that this turn's poll has found has been read. So a connection that the upstream has
   * closed, or sent something unasked, is found out before it is used, and its call goes to another one.
   */
  #claim(connection: Connection, call: Call): void {
    connection.claim(call);
    if (this.#claimed.push(connection) === 1) afterPoll(this.#flush);
  }

  readonly #flush = (): void => {
    const claimed = this.#claimed;
    this.#claimed = [];
    for (const connection of claimed) connection.write();
  };

  #sweep(): void {
    if (this.#free.length === 0) return;
    const now = performance.now();
    const free = this.#free;
    this.#free = free.filter(({ phase, idleUntil }) => phase === 'idle' && idleUntil > now);
    for (const connection of free)
      if (connection.phase === 'idle' && connection.idleUntil <= now) connection.destroy(undefined);
  }
}

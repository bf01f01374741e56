import { connect, type Socket } from 'node:net';
import { Answer } from './answer.ts';
import { EventCounter } from './events.ts';
import type { Target } from './orders.ts';

/** Read into by every connection, one after the other. */
const shared = Buffer.allocUnsafeSlow(64 * 1024);
const AUTHORIZATION = /^authorization$/i;

/** The bytes of requests to a target. */
export class RequestBytes {
  readonly host: string;
  readonly port: number;
  readonly whole: Buffer;
  readonly #before: string;
  readonly #after: string;

  constructor({ url, headers, body }: Target) {
    const { hostname, port, host, pathname } = new URL(url);
    this.host = hostname;
    this.port = Number(port);
    const lines = (wanted: (name: string) => boolean) =>
      Object.entries(headers).map(([name, value]) => (wanted(name) ? `${name}: ${value}\r\n` : ''));
    const first = `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\n`;
    const others = lines((name) => !AUTHORIZATION.test(name)).join('');
    const end = `${others}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
    this.whole = Buffer.from(first + lines((name) => AUTHORIZATION.test(name)).join('') + end);
    this.#before = `${first}authorization: Bearer `;
    this.#after = `\r\n${end}`;
  }

  withToken(token: string): string {
    return this.#before + token + this.#after;
  }
}

export interface ClientEvents {
  /** More of the answer. @param events how many ended in it. Returning false stops the reading until `resume`. */
  onData?(client: Client, events: number, bytes: number): boolean | undefined;
  /** The answer is complete. */
  onAnswer(client: Client): void;
  /** The connection has ended or failed without being told to; an answer that was on its way is not whole. */
  onLost(client: Client): void;
}

/** One connection that carries one exchange after the other. */
export class Client {
  readonly events = new EventCounter();
  readonly answer: Answer;
  /** Between a request and the end of its answer. */
  busy = false;
  /** When it was due or sent, and when there was last something new: for the order that it works for. */
  startedMs = 0;
  lastMs = 0;
  readonly #listener: ClientEvents;
  readonly #request: RequestBytes;
  #socket: Socket | undefined;

  /** @param counting whether events in bodies are of interest */
  constructor(request: RequestBytes, listener: ClientEvents, counting = false) {
    this.#request = request;
    this.#listener = listener;
    this.answer = counting ? new Answer(this.events) : new Answer();
  }

  /** Opens the connection if there is none. @param token instead of the target's own */
  send(token?: string): void {
    this.busy = true;
    this.answer.reset();
    this.#socket ??= this.#connect();
    if (token === undefined) this.#socket.write(this.#request.whole);
    else this.#socket.write(this.#request.withToken(token), 'utf8');
  }

  resume(): void {
    this.#socket?.resume();
  }

  /** Closes the connection, whatever is on its way. `onLost` is not called. */
  leave(): void {
    this.busy = false;
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }

  #connect(): Socket {
    const { host, port } = this.#request;
    const socket: Socket = connect({
      host,
      port,
      noDelay: true,
      onread: { buffer: shared, callback: (length) => this.#onData(socket, length) },
    });
    socket.on('error', () => {});
    socket.once('close', () => this.#onClose(socket));
    return socket;
  }

  #onData(socket: Socket, length: number): boolean {
    if (this.#socket !== socket) return true;
    const { answer } = this;
    let events: number;
    try {
      if (!this.busy) throw new Error('an answer to nothing');
      events = answer.feed(shared, length);
    } catch {
      this.#lose();
      return true;
    }
    const more = this.#listener.onData?.(this, events, length) ?? true;
    if (this.#socket === socket && answer.done) this.#finish();
    return more;
  }

  #onClose(socket: Socket): void {
    if (this.#socket !== socket) return;
    if (this.busy && this.answer.end()) this.#finish();
    else this.#lose();
  }

  #finish(): void {
    if (!this.answer.keepsAlive) this.leave();
    this.busy = false;
    this.#listener.onAnswer(this);
  }

  #lose(): void {
    this.leave();
    this.#listener.onLost(this);
  }
}

import type { TransportCall, TransportEvents, TransportFailure } from '../transport.ts';
import type { Connection } from './connection.ts';
import type { Http1Transport } from './transport.ts';

const NOTHING: readonly Buffer[] = [];

/** One request and what has become of it. */
export class Call implements TransportCall {
  head: string;
  body: readonly Buffer[];
  attemptsLeft: number;
  /** Undefined while it waits for one, and when it is over. */
  connection: Connection | undefined;
  readonly events: TransportEvents;
  readonly #transport: Http1Transport;
  #over = false;

  constructor(
    head: string,
    body: readonly Buffer[],
    events: TransportEvents,
    attemptsMax: number,
    transport: Http1Transport,
  ) {
    this.head = head;
    this.body = body;
    this.events = events;
    this.attemptsLeft = attemptsMax;
    this.#transport = transport;
  }

  get over(): boolean {
    return this.#over;
  }

  /** It has been written: an answer may take an hour. */
  forgetRequest(): void {
    this.head = '';
    this.body = NOTHING;
  }

  resume(): void {
    this.connection?.resume();
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    const { connection } = this;
    if (connection === undefined) this.#transport.forget(this);
    else connection.drop();
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.events.onEnd();
  }

  fail(failure: TransportFailure): void {
    if (this.#over) return;
    this.#over = true;
    this.events.onFailed(failure);
  }
}

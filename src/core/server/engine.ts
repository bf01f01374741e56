import type { ErrorCode } from '../errors.ts';
import type { RequestHead } from './head.ts';

/**
 * What an HTTP engine gives for each request: the client's side of one exchange. The engine owns framing,
 * keep-alive and backpressure; its caller owns the meaning. After `respond`, `end`, `cut` or `onAborted` the
 * exchange is over for the engine: later calls are ignored and no event follows.
 */
export interface Client {
  readonly head: RequestHead;

  /** False once the response is complete or the client has gone. */
  readonly open: boolean;

  /**
   * Asks for the body; until then its bytes wait in the socket. `onBody` follows once with all of it (empty if
   * there is none), or `onBodyRejected`.
   */
  readBody(bytesMax: number): void;

  /**
   * A whole response with `Content-Length`, head and body in one write. On HEAD the body is left out. If the request's
   * body is still on its way, the rest of it is read and thrown away, and then the connection is closed.
   * @param headers flat list: name, value, name, value, … without framing headers; one that is not printable ASCII is
   *   left out, so that none can split the response
   * @param close also close the connection, after the response has been sent
   */
  respond(status: number, headers: readonly string[], body: readonly Uint8Array[], close?: boolean): void;

  /** Sets the head of a streamed response. Nothing leaves before the first `write`, which carries both. */
  start(status: number, headers: readonly string[]): void;

  /**
   * Sends these parts in as few system calls as the engine can. None: the head alone, where the engine can send it
   * alone (uWebSockets.js holds it back until the first bytes).
   * The buffers may be kept until sent: the caller must not change them.
   * @returns false when the client reads too slowly: write no more before `onWritable`
   */
  write(parts: readonly Uint8Array[]): boolean;

  /** Sends these last parts and ends the streamed response. */
  end(parts: readonly Uint8Array[]): void;

  /** Sends these last parts if that can be done at once, and then drops the connection without ending the response. */
  cut(parts?: readonly Uint8Array[]): void;
}

/** What the engine tells the owner of an exchange. All of it comes after `Accept` has returned. */
export interface ClientEvents {
  /** @param body complete; the receiver owns it */
  onBody(body: Buffer): void;
  /** The body cannot be had (`body_too_large`, `malformed_head` for broken chunk framing). Answer it. */
  onBodyRejected(code: ErrorCode): void;
  /** The client has gone. Nothing can be sent any more. */
  onAborted(): void;
  /** After `write` gave false: the client has taken what was sent. */
  onWritable(): void;
}

/**
 * Takes on one request. It is called synchronously for each; it must not throw, and it may already respond.
 * It returns who hears of the client's events.
 */
export type Accept = (client: Client) => ClientEvents;

export interface EngineOptions {
  readonly host: string;
  readonly port: number;
  /** Longest request head, in bytes; beyond it: 431, or the connection is closed. */
  readonly headerBytesMax: number;
  /** Whether requests with `Transfer-Encoding: chunked` are taken; otherwise they get 411. */
  readonly chunkedAllowed: boolean;
  /** After the response, this much of an unwanted body is read and thrown away before the connection is closed. */
  readonly drainBytesMax: number;
}

export interface Engine {
  /** What actually serves: `uws 20.57`, `uws 20.30` or `node`. For the log and the metrics. */
  readonly name: string;
  /** Shares the port with the other workers (SO_REUSEPORT, or Node's handle passing). @throws when it cannot be bound */
  listen(options: EngineOptions, accept: Accept): Promise<Listener>;
}

export interface Listener {
  /** The one that was asked for, or the one that the system chose for port 0. */
  readonly port: number;
  /** Stops taking new connections. From now on every response also closes its connection. */
  stopAccepting(): void;
  /** Drops all connections. */
  close(): void;
}

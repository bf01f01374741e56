/** How exchanges reach an upstream. The client library behind it is nobody else's business. */
export interface Transport {
  /**
   * Sends a request, at once or when a connection is free. Exactly one of `onEnd` and `onFailed` follows, unless the
   * call is aborted first.
   */
  send(request: TransportRequest, events: TransportEvents): TransportCall;
  /** Drops all connections. */
  close(): Promise<void>;
}

export interface TransportOptions {
  readonly connectionsMax: number;
  readonly queueMax: number;
  readonly connectAttemptsMax: number;
  readonly connectTimeoutMs: number;
  /** Of an idle connection, unless the upstream's `Keep-Alive` says otherwise. */
  readonly keepAliveTimeoutMs: number;
  /** Whether `onHead` is given this header. @param name in lower case */
  readonly wants: (name: string) => boolean;
}

export interface TransportRequest {
  readonly method: 'POST';
  readonly path: string;
  /** name, value, name, value, …: the same array for all requests that have these, so that they are looked at once. */
  readonly fixedHeaders?: readonly string[];
  /** More of them. */
  readonly headers: readonly string[];
  /** In pieces, to be sent one behind the other. */
  readonly body: readonly Buffer[];
}

export interface TransportEvents {
  /** An attempt to connect, or to reuse a connection, begins. The only event that may come from inside `send`. */
  onAttempt(): void;
  /** @param headers those that are wanted: name in lower case, value, name, value, … */
  onHead(status: number, headers: readonly string[]): void;
  /**
   * The receiver may keep the chunk.
   * @returns false to be sent no more before `resume`, save what has been read already
   */
  onChunk(chunk: Buffer): boolean;
  onEnd(): void;
  onFailed(failure: TransportFailure): void;
}

export interface TransportCall {
  /** After `onChunk` gave false. */
  resume(): void;
  /** Lets go of the upstream. No event follows. */
  abort(): void;
}

export interface TransportFailure {
  /**
   * `connect`: no byte of the request was sent. `busy`: all connections are taken and the queue is full.
   * `protocol`: the answer is not HTTP. `reset`: the connection was lost.
   */
  readonly kind: 'connect' | 'busy' | 'protocol' | 'reset';
  readonly cause: unknown;
}

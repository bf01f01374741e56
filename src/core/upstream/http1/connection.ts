import type { Socket } from 'node:net';
import { beginTurn, endTurn } from '../../turn.ts';
import type { TransportFailure } from '../transport.ts';
import type { Call } from './call.ts';
import type { HeadParser } from './head.ts';
import { writeRequest } from './request.ts';
import { ResponseReader } from './response.ts';
import type { Dialer } from './socket.ts';

/** Whose connections these are. */
export interface Owner {
  readonly dialer: Dialer;
  readonly connectTimeoutMs: number;
  /** One for all sockets: when anybody is told of a read, nothing in here is needed any more. */
  readonly readBuffer: Buffer;
  /** One for all connections, likewise. */
  readonly parser: HeadParser;
  /** May be given another call. @param keepAliveMs for how long, if the upstream says so */
  onFree(connection: Connection, keepAliveMs: number | undefined): void;
  /** Is gone. */
  onGone(connection: Connection, unsent?: Unsent): void;
}

/** A call that has lost its connection before a byte of it was sent. */
export interface Unsent {
  readonly call: Call;
  /** Rather than that the connection was there, and is not any more. */
  readonly connectFailed: boolean;
  readonly cause: unknown;
}

/** One socket, and at most one exchange at a time. */
export class Connection {
  phase: 'connecting' | 'idle' | 'claimed' | 'asked' | 'gone' = 'connecting';
  /** For the owner: until when it may be used, in ms of `performance.now`. */
  idleUntil = 0;
  readonly #owner: Owner;
  readonly #socket: Socket;
  readonly #response: ResponseReader;
  readonly #connectTimer: NodeJS.Timeout;
  /** In the phases `connecting`, `claimed` and `asked`. */
  #call: Call | undefined;
  /** The call has asked for no more. Of TLS, what was decrypted by then still comes, perhaps the end of the answer. */
  #held = false;

  /** Opens it for a call. */
  constructor(owner: Owner, call: Call) {
    this.#owner = owner;
    this.#call = call;
    call.connection = this;
    this.#response = new ResponseReader(owner.parser);
    this.#socket = owner.dialer.open({
      buffer: owner.readBuffer,
      callback: (size, bytes) => this.#onTurn(bytes as Buffer, size),
    });
    this.#connectTimer = setTimeout(
      () => this.destroy(new Error('Connecting took too long.')),
      owner.connectTimeoutMs,
    );
    this.#socket
      .on(owner.dialer.readyEvent, () => this.#onReady())
      .on('end', () => this.#onEnd())
      .on('error', (error) => this.destroy(error))
      .on('close', () => this.destroy(new Error('The connection was closed.')));
  }

  /** Takes a call, to be written at the end of this turn. */
  claim(call: Call): void {
    this.phase = 'claimed';
    this.#call = call;
    call.connection = this;
  }

  /** Sends the request of the call that it has been claimed for, if that is still wanted. */
  write(): void {
    const call = this.#call;
    if (this.phase !== 'claimed' || call === undefined) return;
    // The answer before has come before all of its request was out. Not to be asked sooner: TLS says only at the end of
    // a turn that it has sent something.
    if (this.#socket.writableLength > 0) {
      this.destroy(new Error('The request before has not been sent.'));
      return;
    }
    this.phase = 'asked';
    this.#response.reset();
    writeRequest(this.#socket, call.head, call.body);
    call.forgetRequest();
  }

  resume(): void {
    this.#held = false;
    this.#socket.resume();
  }

  /** The call is not wanted any more. */
  drop(): void {
    const call = this.#call;
    if (call === undefined) return;
    this.#call = undefined;
    call.connection = undefined;
    if (this.phase === 'claimed') {
      // It has not been used, and does not live longer for it.
      this.phase = 'idle';
      this.#owner.onFree(this, this.idleUntil - performance.now());
    } else this.destroy(undefined);
  }

  /** A call that has been sent fails; another one is the owner's again. */
  destroy(cause: unknown, kind: TransportFailure['kind'] = 'reset'): void {
    if (this.phase === 'gone') return;
    const { phase } = this;
    const call = this.#call;
    this.phase = 'gone';
    this.#call = undefined;
    clearTimeout(this.#connectTimer);
    this.#socket.destroy();
    if (call === undefined) {
      this.#owner.onGone(this);
      return;
    }
    call.connection = undefined;
    if (phase === 'asked') {
      this.#owner.onGone(this);
      call.fail({ kind, cause });
    } else this.#owner.onGone(this, { call, connectFailed: phase === 'connecting', cause });
  }

  #onReady(): void {
    if (this.phase !== 'connecting') return;
    clearTimeout(this.#connectTimer);
    this.phase = 'claimed';
    this.write();
  }

  #onEnd(): void {
    if (this.phase === 'asked' && this.#response.ends()) this.#complete(this.#call!, false);
    else this.destroy(new Error('The upstream closed the connection.'));
  }

  /** @returns whether to read on */
  #onTurn(bytes: Buffer, size: number): boolean {
    // TLS may decrypt many records in one callback, and hands over each by itself.
    if (this.#owner.dialer.secure) return this.#onRead(bytes, size);
    beginTurn();
    const more = this.#onRead(bytes, size);
    endTurn();
    return more;
  }

  /** @returns whether to read on */
  #onRead(bytes: Buffer, size: number): boolean {
    const call = this.#call;
    if (this.phase !== 'asked' || call === undefined) {
      // What nobody has asked for must not become the answer to the next request.
      this.destroy(new Error('The upstream sent bytes that nobody had asked for.'));
      return true;
    }
    const response = this.#response;
    response.read(bytes, size);
    let more = true;
    try {
      if (response.headed) call.events.onHead(response.status, response.headers);
      if (response.payload !== undefined && this.#call === call) more = call.events.onChunk(response.payload);
    } catch (thrown) {
      this.destroy(thrown);
    }
    response.forget();
    // Either event may have let go of the call.
    if (this.#call !== call) return true;
    if (response.problem !== undefined) this.destroy(response.problem, 'protocol');
    else if (response.done) this.#complete(call, response.reusable);
    else if (!more) this.#held = true;
    return !this.#held;
  }

  #complete(call: Call, reusable: boolean): void {
    this.#call = undefined;
    call.connection = undefined;
    if (reusable) this.#release();
    else this.destroy(undefined);
    call.end();
  }

  #release(): void {
    this.phase = 'idle';
    if (this.#held) this.resume();
    this.#owner.onFree(this, this.#response.keepAliveMs);
  }
}

import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from '../../bytes.ts';
import type { Client, ClientEvents } from '../engine.ts';
import type { RequestHead } from '../head.ts';
import { DRAIN_TIMEOUT_MS, isBodyless, printable } from '../response.ts';
import { Upload } from '../upload.ts';

/** What the clients of one listener share. */
export interface Shared {
  readonly drainBytesMax: number;
  /** Every response also closes its connection. */
  stopping: boolean;
}

const NO_BYTES = new Uint8Array(0);

export class NodeClient implements Client {
  readonly head: RequestHead;
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #shared: Shared;
  readonly #upload: Upload;
  #events: ClientEvents | undefined;
  #open = true;
  /** A streamed response has begun. */
  #started = false;
  /** `write` has given false. */
  #blocked = false;
  /** Bytes of an unwanted body that have been thrown away since the response; undefined if there was none. */
  #drained: number | undefined;
  /** The rest of the body cannot be read. */
  #broken = false;
  /** The client waits for leave to send its body. */
  #continueExpected: boolean;

  constructor(request: IncomingMessage, response: ServerResponse, head: RequestHead, shared: Shared) {
    this.#request = request;
    this.#response = response;
    this.head = head;
    this.#shared = shared;
    this.#upload = new Upload(head);
    this.#continueExpected = head.get('expect')?.toLowerCase() === '100-continue';
    response.on('close', () => this.left());
  }

  get open(): boolean {
    return this.#open;
  }

  /** Whether the response is not out yet. */
  get pending(): boolean {
    return !this.#response.writableFinished;
  }

  /** Even if nobody has read it. */
  get #bodyArrived(): boolean {
    return this.#upload.complete || this.#request.complete;
  }

  /** `Accept` has returned. */
  attach(events: ClientEvents): void {
    this.#events = events;
    this.#upload.attach(events);
  }

  readBody(bytesMax: number): void {
    if (!this.#open) return;
    if (!this.#upload.complete && !this.#upload.asked) this.#read();
    this.#upload.ask(bytesMax);
  }

  respond(status: number, headers: readonly string[], body: readonly Uint8Array[], close = false): void {
    if (!this.#open || this.#started) return;
    this.#open = false;
    this.#upload.discard();
    const send = (): void => this.#respond(status, printable(headers), join(body), close);
    // Most bodies come in the packet of their head: one turn later there is nothing left to throw away.
    if (this.#bodyArrived) send();
    else setImmediate(send);
  }

  start(status: number, headers: readonly string[]): void {
    if (!this.#open || this.#started) return;
    this.#started = true;
    if (this.#shared.stopping) this.#response.shouldKeepAlive = false;
    this.#response.writeHead(status, [...printable(headers)]);
    this.#response.on('drain', () => this.#onDrain());
  }

  write(parts: readonly Uint8Array[]): boolean {
    if (!this.#open || !this.#started) return true;
    if (parts.length === 0) this.#response.flushHeaders();
    else this.#blocked = !this.#response.write(join(parts));
    return !this.#blocked;
  }

  end(parts: readonly Uint8Array[]): void {
    if (!this.#open || !this.#started) return;
    this.#close();
    this.#response.end(join(parts));
  }

  cut(parts: readonly Uint8Array[] = []): void {
    if (!this.#open) return;
    this.#close();
    if (this.#started && !this.#blocked && parts.length > 0) this.#response.write(join(parts));
    // What has been written leaves at the end of this turn.
    setImmediate(() => this.#request.socket.destroy());
  }

  /** The framing of the body is broken. @returns whether that will be answered */
  broken(): boolean {
    if (!this.#open || this.#upload.complete) return false;
    this.#broken = true;
    this.#upload.fail('malformed_head');
    return true;
  }

  /** The connection has gone: after the response, or before it. */
  left(): void {
    if (!this.#open) return;
    this.#close();
    this.#events?.onAborted();
  }

  #close(): void {
    this.#open = false;
    this.#upload.discard();
  }

  #read(): void {
    if (this.#continueExpected) this.#response.writeContinue();
    this.#continueExpected = false;
    this.#request.on('data', (chunk: Buffer) => this.#onData(chunk));
    this.#request.on('end', () => {
      if (this.#drained !== undefined) this.#response.end();
      else this.#upload.arrive(NO_BYTES, true);
    });
  }

  #respond(status: number, headers: readonly string[], body: Uint8Array, close: boolean): void {
    const request = this.#request;
    const response = this.#response;
    if (response.destroyed) return;
    const early = !this.#bodyArrived;
    if (close || early || this.#shared.stopping) response.shouldKeepAlive = false;
    response.writeHead(
      status,
      isBodyless(status) ? [...headers] : [...headers, 'content-length', String(body.length)],
    );
    if (!early || this.#broken || this.#continueExpected) {
      response.end(body);
      return;
    }
    // The client has all of the response, but for Node it stays open until the rest of the body is out of the way: a
    // client that is cut off while it sends often does not get to read the response.
    if (body.length > 0 && this.head.method !== 'HEAD') response.write(body);
    else response.flushHeaders();
    this.#drained = 0;
    if (!this.#upload.asked) this.#read();
    const timer = setTimeout(() => request.socket.destroy(), DRAIN_TIMEOUT_MS).unref();
    response.on('close', () => clearTimeout(timer));
  }

  #onData(chunk: Buffer): void {
    if (this.#drained === undefined) {
      this.#upload.arrive(chunk, false);
    } else {
      this.#drained += chunk.length;
      if (this.#drained >= this.#shared.drainBytesMax) this.#response.end();
    }
  }

  #onDrain(): void {
    if (!this.#open || !this.#blocked) return;
    this.#blocked = false;
    this.#events?.onWritable();
  }
}

import { join } from '../../bytes.ts';
import type { Client, ClientEvents } from '../engine.ts';
import type { RequestHead } from '../head.ts';
import { DRAIN_TIMEOUT_MS, isBodyless, printable } from '../response.ts';
import { Upload } from '../upload.ts';
import type { HttpResponse } from './addon.ts';
import { headBytes, Outbox, SLICE_BYTES, writeHead } from './outbox.ts';

/** What the clients of one listener share. */
export interface Shared {
  readonly drainBytesMax: number;
  /** Every response also closes its connection. */
  stopping: boolean;
  /** Streams whose client takes nothing at the moment. */
  readonly stalled: Set<Outbox>;
}

const CLOSE = ['connection', 'close'];
/** Of a large response, in one turn of the event loop: copying 1 MB to the socket takes 0.5 ms, at best. */
const TURN_BYTES_MAX = 262_144;

export class UwsClient implements Client {
  readonly head: RequestHead;
  /** Nothing may be called on it once `#gone`. */
  readonly #res: HttpResponse;
  readonly #shared: Shared;
  readonly #upload: Upload;
  #events: ClientEvents | undefined;
  #outbox: Outbox | undefined;
  #open = true;
  /** The connection is closed, or the response has been handed over whole. */
  #gone = false;
  #paused = false;
  /** Bytes of an unwanted body that have been thrown away since the response; undefined if there was none. */
  #drained: number | undefined;
  #drainTimer: NodeJS.Timeout | undefined;

  constructor(res: HttpResponse, head: RequestHead, shared: Shared) {
    this.#res = res;
    this.head = head;
    this.#shared = shared;
    this.#upload = new Upload(head);
    res.onAborted(() => this.#onAborted());
    // Without it a body has no time limit, with it an idle connection after a request without a body has none.
    if (!this.#upload.complete) res.onData((chunk, last) => this.#onData(chunk, last));
  }

  get open(): boolean {
    return this.#open;
  }

  /** `Accept` has returned. */
  attach(events: ClientEvents): void {
    this.#events = events;
    this.#upload.attach(events);
  }

  readBody(bytesMax: number): void {
    if (!this.#open) return;
    this.#resume();
    this.#upload.ask(bytesMax);
  }

  respond(status: number, headers: readonly string[], body: readonly Uint8Array[], close = false): void {
    if (!this.#open || this.#outbox !== undefined) return;
    this.#open = false;
    this.#upload.discard();
    // Until the response has begun, uWebSockets.js closes a connection on which another request comes: the only way
    // to keep one that hides behind a malformed head in the same packet from being served. And most bodies come in
    // the packet of their head, so that one turn later there is nothing left to throw away.
    if (this.head.problem !== undefined || !this.#upload.complete) {
      setImmediate(() => this.#respond(status, printable(headers), join(body), close));
    } else {
      this.#respond(status, printable(headers), join(body), close);
    }
  }

  start(status: number, headers: readonly string[]): void {
    if (!this.#open || this.#outbox !== undefined) return;
    if (!this.#upload.complete) this.#upload.discard();
    this.#resume();
    const kept = printable(headers);
    this.#outbox = new Outbox(
      this.#res,
      status,
      this.#shared.stopping ? [...kept, ...CLOSE] : kept,
      this.#isBodyless(status),
      () => this.#onDrained(),
    );
  }

  write(parts: readonly Uint8Array[]): boolean {
    const outbox = this.#outbox;
    if (!this.#open || outbox === undefined) return true;
    if (outbox.write(parts)) return true;
    this.#shared.stalled.add(outbox);
    return false;
  }

  end(parts: readonly Uint8Array[]): void {
    const outbox = this.#outbox;
    if (!this.#open || outbox === undefined) return;
    this.#close();
    outbox.end(parts);
  }

  cut(parts: readonly Uint8Array[] = []): void {
    if (!this.#open) return;
    this.#close();
    if (this.#outbox?.blocked === false) this.#outbox.write(parts);
    // In the callback that brought the request, corked bytes leave only when it has returned.
    setImmediate(() => this.#drop());
  }

  /** The exchange is over; bytes may still have to go out. */
  #close(): void {
    this.#open = false;
    this.#upload.discard();
    if (this.#outbox !== undefined) this.#shared.stalled.delete(this.#outbox);
  }

  #drop(): void {
    clearTimeout(this.#drainTimer);
    if (this.#gone) return;
    this.#gone = true;
    this.#res.close();
  }

  #resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.#res.resume();
  }

  #respond(status: number, headers: readonly string[], body: Uint8Array, mayClose: boolean): void {
    if (this.#gone) return;
    this.#resume();
    const close = mayClose || this.#shared.stopping;
    const bodyless = this.#isBodyless(status);
    if (headBytes(headers) + body.length > SLICE_BYTES && !bodyless) {
      this.#respondLarge(status, close || !this.#upload.complete ? [...headers, ...CLOSE] : headers, body);
    } else if (!this.#upload.complete || (close && bodyless)) {
      this.#respondAndDrain(status, headers, body);
    } else {
      this.#gone = true;
      const res = this.#res;
      res.cork(() => {
        writeHead(res, status, headers);
        if (!bodyless) {
          res.end(body, close);
          return;
        }
        // A length given to `endWithoutBody` itself leaves the response open for ever in 20.30.
        if (!isBodyless(status)) res.writeHeader('content-length', String(body.length));
        res.endWithoutBody();
      });
    }
  }

  #isBodyless(status: number): boolean {
    return this.head.method === 'HEAD' || isBodyless(status);
  }

  /** `tryEnd` says how far it came, so nothing is buffered or lost however large the body and slow the client. */
  #respondLarge(status: number, headers: readonly string[], body: Uint8Array): void {
    const res = this.#res;
    let ok = false;
    let offset = 0;
    const send = (): void => {
      const slice = body.subarray(offset, offset + TURN_BYTES_MAX);
      const [all, done] = res.tryEnd(slice, body.length);
      ok = all;
      this.#gone = done;
      if (!all || done) return;
      offset += slice.length;
      setImmediate(proceed);
    };
    const proceed = (): void => {
      if (ok && !this.#gone) res.cork(send);
    };
    res.onWritable((sent) => {
      offset = sent;
      res.cork(send);
      return ok;
    });
    res.cork(() => {
      writeHead(res, status, headers);
      send();
    });
  }

  /**
   * The response goes out whole, but for uWebSockets.js it stays open: so the rest of the body still comes by here to
   * be counted, no other request is served, and the connection can be closed in the end. A client that is cut off while
   * it sends often does not get to read the response.
   */
  #respondAndDrain(status: number, headers: readonly string[], body: Uint8Array): void {
    const res = this.#res;
    this.#drained = 0;
    res.cork(() => {
      writeHead(res, status, headers);
      // `writeHeader` checks nothing and adds a CR LF: the blank line and the body can be part of the last header.
      if (this.#isBodyless(status)) {
        if (!isBodyless(status)) res.writeHeader('content-length', String(body.length));
        res.writeHeader('connection', 'close\r\n');
      } else {
        res.writeHeader('content-length', String(body.length + 2));
        res.writeHeader('connection', Buffer.concat([Buffer.from('close\r\n\r\n'), body]));
      }
    });
    if (this.#upload.complete) setImmediate(() => this.#drop());
    else this.#drainTimer = setTimeout(() => this.#drop(), DRAIN_TIMEOUT_MS).unref();
  }

  #onData(chunk: ArrayBuffer, last: boolean): void {
    if (this.#gone) return;
    if (this.#drained !== undefined) {
      this.#drained += chunk.byteLength;
      if (last || this.#drained >= this.#shared.drainBytesMax) this.#drop();
      return;
    }
    this.#upload.arrive(new Uint8Array(chunk), last);
    // Paused it would not see the client leave, so this lasts only for the look-up of an unknown token.
    if (!last && this.#open && this.#outbox === undefined && !this.#upload.asked && !this.#paused) {
      this.#paused = true;
      this.#res.pause();
    }
  }

  #onDrained(): void {
    if (!this.#open) return;
    this.#shared.stalled.delete(this.#outbox!);
    this.#events?.onWritable();
  }

  #onAborted(): void {
    this.#gone = true;
    clearTimeout(this.#drainTimer);
    if (!this.#open) return;
    this.#close();
    this.#events?.onAborted();
  }
}

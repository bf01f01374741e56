import type { ErrorCode } from '../errors.ts';

/** The request headers that the gateway reads or forwards. All others are passed over when the head is built. */
const KNOWN = [
  'accept',
  'anthropic-beta',
  'anthropic-version',
  'authorization',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'openai-beta',
  'traceparent',
  'tracestate',
  'transfer-encoding',
  'x-admin-secret',
  'x-api-key',
  'x-request-id',
] as const;

export type HeaderName = (typeof KNOWN)[number];

const SLOTS: ReadonlyMap<string, number> = new Map(KNOWN.map((name, slot) => [name, slot]));

/** These decide framing or identity: a second one, even an equal one, is an attempt to be read in two ways. */
const ONCE: ReadonlySet<number> = new Set(
  (
    [
      'authorization',
      'content-encoding',
      'content-length',
      'content-type',
      'host',
      'transfer-encoding',
      'x-admin-secret',
      'x-api-key',
    ] as const
  ).map((name) => SLOTS.get(name)!),
);

const DIGITS = /^\d{1,15}$/;
const TARGET = /^[\x21-\x7e]*$/;

/**
 * These come with a body, so one whose length is not given is refused. uWebSockets.js hides all headers after one with
 * an empty name: a length hidden so would let the body pass for a second request.
 */
const BODY_METHODS: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/** The head of one request, the same whichever engine read it. */
export class RequestHead {
  /** Upper case. */
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Without the question mark; '' if there is none. */
  readonly query: string;
  /** The first thing that is wrong with this head. A request that has one must be rejected and its connection closed. */
  problem: ErrorCode | undefined;

  readonly #values: (string | undefined)[] = new Array(KNOWN.length).fill(undefined);

  constructor(method: string, path: string, query: string) {
    this.method = method;
    this.path = path;
    this.query = query;
    if (!path.startsWith('/') || !TARGET.test(path) || !TARGET.test(query)) this.problem = 'malformed_head';
  }

  /** For engines, once for each header line in order. @param name lower case */
  add(name: string, value: string): void {
    const slot = SLOTS.get(name);
    if (slot === undefined) {
      if (name === '') this.problem ??= 'malformed_head';
      return;
    }
    const earlier = this.#values[slot];
    if (earlier === undefined) this.#values[slot] = value;
    else if (ONCE.has(slot)) this.problem ??= 'duplicate_header';
    else this.#values[slot] = `${earlier}, ${value}`;
  }

  /** For engines, once after the last header: checks what decides the framing. */
  complete(chunkedAllowed: boolean): this {
    const length = this.get('content-length');
    const coding = this.get('transfer-encoding');
    if (length !== undefined && !DIGITS.test(length)) this.problem ??= 'malformed_head';
    if (coding !== undefined) {
      if (coding.toLowerCase() !== 'chunked' || length !== undefined) this.problem ??= 'malformed_head';
      else if (!chunkedAllowed) this.problem ??= 'length_required';
    } else if (length === undefined && BODY_METHODS.has(this.method)) this.problem ??= 'length_required';
    return this;
  }

  get(name: HeaderName): string | undefined {
    return this.#values[SLOTS.get(name)!];
  }

  /** Whether a body follows; of unknown length if chunked. */
  get hasBody(): boolean {
    return this.get('transfer-encoding') !== undefined || this.contentLength > 0;
  }

  /** 0 if there is none or it is not known. */
  get contentLength(): number {
    const length = this.get('content-length');
    return length === undefined ? 0 : Number(length);
  }
}

/** What an order sends its requests to, and what they hold. */
export interface Target {
  /** With the path: `http://127.0.0.1:8081/v1/chat/completions`. */
  readonly url: string;
  /** `content-length` is added. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Another token for each request, `tokenOf(i)` for an i below `count`; it takes the place of the header `authorization`. */
export interface Keys {
  readonly count: number;
  /** Of the first one. A range that the database does not know is a flood of bad keys. Default: 0. */
  readonly from?: number;
  /** `zipf`: the i-th is asked for in proportion to 1 / (i + 1). */
  readonly choice: 'uniform' | 'zipf' | 'in-turn';
}

/** Short requests over connections that stay open. */
export interface RequestsOrder {
  readonly kind: 'requests';
  readonly target: Target;
  readonly connections: number;
  readonly seconds: number;
  /** Per second, sent when they are due, whatever has been answered. Undefined: each connection asks again at once. */
  readonly rate?: number;
  readonly keys?: Keys;
  /** Anything else is a bad answer. */
  readonly expected: { readonly status: number; readonly bytes: number };
}

export interface RequestsResult {
  readonly kind: 'requests';
  readonly sent: number;
  readonly good: number;
  readonly bad: number;
  /** From the first request until the last answer. */
  readonly seconds: number;
  /** From when a request was due (without a rate: was sent) to the head of its answer. */
  readonly firstByte: LatencyMs;
  /** To the end of its answer. */
  readonly end: LatencyMs;
  /** How late the client itself was: what it adds to the above. */
  readonly slip: LatencyMs;
}

export interface LatencyMs {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** So many streams at any moment; one that ends is asked for again on its connection until the time is up. */
export interface StreamsOrder {
  readonly kind: 'streams';
  readonly target: Target;
  readonly streams: number;
  /** Until no stream is asked for again; those that are open then are read to their end. */
  readonly seconds: number;
  /** The first ones are spread over this time, so that not all their chunks come at once. */
  readonly rampMs: number;
  /** Events of a whole stream, the end mark included. */
  readonly events: number;
  /** Between events, by the upstream. */
  readonly intervalMs: number;
}

export interface StreamsResult {
  readonly kind: 'streams';
  /** Streams that ended, whole: with `[DONE]` and all events. */
  readonly whole: number;
  /** Streams that did not. */
  readonly broken: number;
  readonly events: number;
  readonly seconds: number;
  /** By how much the time between two events of a stream differs from the upstream's interval. */
  readonly delayError: LatencyMs;
}

/** Opens streams and leaves them open; answered once each has had its first byte. They last until `release`. */
export interface HoldOrder {
  readonly kind: 'hold';
  readonly target: Target;
  readonly streams: number;
  /** How fast they are opened. */
  readonly perSecond: number;
  /** How fast each is read after that. Undefined: whatever comes. */
  readonly bytesPerSecond?: number;
}

export interface HoldResult {
  readonly kind: 'hold';
  readonly open: number;
  readonly failed: number;
}

/** Lets go of all streams that are held. */
export interface ReleaseOrder {
  readonly kind: 'release';
}

export interface ReleaseResult {
  readonly kind: 'release';
  /** Were still open. */
  readonly open: number;
  /** Had ended before. */
  readonly ended: number;
  /** Of all bodies, read since they were opened. */
  readonly bytes: number;
}

/** Clients that come, read some events and leave by closing the connection. */
export interface LeaveOrder {
  readonly kind: 'leave';
  readonly target: Target;
  /** New clients a second. */
  readonly rate: number;
  readonly seconds: number;
  /** They leave when they have seen so many. */
  readonly events: number;
}

export interface LeaveResult {
  readonly kind: 'leave';
  readonly left: number;
  /** Streams that ended or failed before. */
  readonly failed: number;
  readonly seconds: number;
}

interface Answers {
  requests: RequestsResult;
  streams: StreamsResult;
  hold: HoldResult;
  release: ReleaseResult;
  leave: LeaveResult;
}

export type Order = RequestsOrder | StreamsOrder | HoldOrder | ReleaseOrder | LeaveOrder;
export type ResultOf<O extends Order> = Answers[O['kind']];

import type { Api } from '../dialects/api.ts';
import type { Exchange } from '../exchange.ts';
import { DocumentMeter } from '../meter/document.ts';
import { StreamMeter } from '../meter/stream.ts';
import type { Awaitable } from '../plugin.ts';
import type { Upstream } from '../upstream/upstreams.ts';
import type { Answer } from './answer.ts';
import type { ResponseHead } from './head.ts';

/** How an exchange gets its answer: from an upstream, or from the gateway itself. */
export type Call = UpstreamCall | OwnAnswer;

/** An answer that the gateway makes itself. */
export interface OwnAnswer {
  /** Ends the exchange. A ProxyError that it rejects with does too. */
  answer(exchange: Exchange): Promise<undefined>;
}

export type Otherwise = (status: number, said: unknown) => Awaitable<Call> | undefined;

/** What an upstream is sent, and how its answer is to be read. */
export interface UpstreamCall {
  readonly upstream: Upstream;
  /** The one that the upstream is asked through. */
  readonly api: Api;
  /** In pieces, since most of it is what the client has sent. */
  readonly body: readonly Buffer[];

  /** The head for the client. */
  head(upstreams: ResponseHead, exchange: Exchange): ResponseHead;

  /** Reads the answer that comes with this head of the upstream's; undefined: it goes to the client unread. */
  receive(exchange: Exchange, head: ResponseHead): Answer | undefined;

  /**
   * Another way, for an upstream that has answered with an error; undefined: that stands. Without it errors go on as
   * they come.
   * @param said the body of its answer if it is JSON
   */
  readonly otherwise: Otherwise | undefined;
}

export const EVENT_STREAM = 'text/event-stream';

/** A call through the very API that the client speaks: the answer goes on as it comes. */
export class DirectCall implements UpstreamCall {
  readonly upstream: Upstream;
  readonly api: Api;
  readonly body: readonly Buffer[];
  readonly otherwise: Otherwise | undefined;
  readonly #usageHidden: boolean;

  /** @param usageHidden the usage chunk was asked for by the gateway, not by the client: take it out of the stream again */
  constructor(
    upstream: Upstream,
    api: Api,
    body: readonly Buffer[],
    usageHidden: boolean,
    otherwise?: Otherwise,
  ) {
    this.upstream = upstream;
    this.api = api;
    this.body = body;
    this.otherwise = otherwise;
    this.#usageHidden = usageHidden;
  }

  head(upstreams: ResponseHead): ResponseHead {
    return upstreams;
  }

  receive({ reported, target }: Exchange, { status, contentType }: ResponseHead): Answer | undefined {
    if (status >= 400 || !this.api.metered) return undefined;
    if (contentType === EVENT_STREAM) return new StreamMeter(this.api, reported, this.#usageHidden);
    // A stream may come under a wrong type.
    return new DocumentMeter(this.api, reported, target?.request.stream !== true);
  }
}

import type { Exchange, Facets } from './exchange.ts';
import type { MonotonicMs } from './types.ts';

export type Facet = keyof Facets;
export type Awaitable<T> = T | Promise<T>;

/** An exchange on which the facets N are certain to be set. */
export type With<N extends Facet> = Exchange & { readonly [K in N]: Facets[K] };

/** What a hook returns: the facet that its plugin provides, if it provides one. */
export type Provided<P extends Facet> = [P] extends [never] ? undefined : Facets[P];

/**
 * One step in the life of an exchange: it needs facets of earlier plugins and may provide one. Hooks reject by
 * throwing a ProxyError. A hook may also end the exchange itself (`exchange.respond`); then no later one runs.
 * @see docs/plugins.md
 */
export interface Plugin<N extends Facet = never, P extends Facet = never> {
  readonly name: string;
  readonly needs?: readonly N[];
  /** The facet that `onHead`, or if there is none `onBody`, returns. */
  readonly provides?: P;
  /** Headers are in, the body is not. Return a promise only when memory cannot answer. */
  readonly onHead?: (exchange: With<N>) => Awaitable<Provided<P>>;
  /** The body is complete. Same contract. */
  readonly onBody?: (exchange: With<N>) => Awaitable<Provided<P>>;
  /** The upstream's head is in, nothing has been sent to the client. */
  readonly onResponse?: (exchange: With<N>) => undefined;
  /** Some bytes of the upstream's body, before they are written. The buffer is lent: copy to keep. */
  readonly onChunk?: (exchange: With<N>, chunk: Uint8Array) => undefined;
  /** A few times a second while the exchange is open. Facets may be missing. */
  readonly onCheck?: (exchange: Exchange, now: MonotonicMs) => undefined;
  /**
   * Exactly once for each exchange, whatever its outcome, before the last byte of the response is released. A promise,
   * which must not reject, holds that byte back. Facets may be missing. Must not throw.
   */
  readonly onDone?: (exchange: Exchange) => undefined | Promise<void>;
  readonly stop?: () => Promise<void>;
}

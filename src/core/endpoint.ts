import type { Exchange, Handler } from './exchange.ts';
import type { Awaitable } from './plugin.ts';

type Handle = (exchange: Exchange) => Awaitable<void>;

export interface EndpointOptions {
  /** Reads a body of at most this many bytes before `handle`. Without it the body is not read. */
  readonly bodyBytesMax?: number;
  /** Sees the head before any of the body is read. Rejects by throwing a ProxyError. */
  readonly guard?: ((exchange: Exchange) => void) | undefined;
  /** As a plugin's. */
  readonly onDone?: ((exchange: Exchange) => undefined) | undefined;
}

/**
 * A route that the gateway answers itself, without the chain.
 * @param handle ends the exchange; a ProxyError that it throws does too, anything else is a bug and becomes `internal`
 */
export function endpoint({ bodyBytesMax, guard, onDone }: EndpointOptions, handle: Handle): Handler {
  const run = (exchange: Exchange) => {
    try {
      const pending = handle(exchange);
      if (pending instanceof Promise) pending.catch((thrown) => exchange.fail(thrown));
    } catch (thrown) {
      exchange.fail(thrown);
    }
  };
  return {
    onHead(exchange) {
      try {
        guard?.(exchange);
      } catch (thrown) {
        exchange.fail(thrown);
        return;
      }
      if (bodyBytesMax === undefined) run(exchange);
      else exchange.readBody(bodyBytesMax);
    },
    onBody: run,
    onResponse() {},
    onChunk() {},
    onDone(exchange) {
      onDone?.(exchange);
    },
  };
}

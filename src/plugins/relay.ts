import type { Plugin } from '../core/plugin.ts';
import { carry } from '../core/relay/relay.ts';
import type { Services } from '../core/services.ts';

/** Gets the exchange its answer: from its target's upstream, or one that the gateway makes itself. */
export function relay({
  config,
  tokenizer,
  upstreams,
}: Pick<Services, 'config' | 'tokenizer' | 'upstreams'>): Plugin<'call'> {
  const limits = {
    headersTimeoutMs: config.UPSTREAM_HEADERS_TIMEOUT_MS,
    idleTimeoutMs: config.UPSTREAM_IDLE_TIMEOUT_MS,
    totalTimeoutMs: config.UPSTREAM_TOTAL_TIMEOUT_MS,
    stallTimeoutMs: config.CLIENT_STALL_TIMEOUT_MS,
    pingIntervalMs: config.STREAM_PING_INTERVAL_MS,
  };

  return {
    name: 'relay',
    needs: ['call'],

    onBody(exchange) {
      return carry(exchange, exchange.call, limits, tokenizer);
    },

    async stop() {
      await upstreams.close();
      await tokenizer.stop();
    },
  };
}

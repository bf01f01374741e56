import type { Plugin } from '../core/plugin.ts';
import { relayLimits } from '../core/relay/limits.ts';
import { carry } from '../core/relay/relay.ts';
import type { Services } from '../core/services.ts';

/** Gets the exchange its answer: from its target's upstream, or one that the gateway makes itself. */
export function relay({
  config,
  tokenizer,
  upstreams,
}: Pick<Services, 'config' | 'tokenizer' | 'upstreams'>): Plugin<'call' | 'admission'> {
  const limits = relayLimits(config);

  return {
    name: 'relay',
    // No request goes upstream before it is in the books.
    needs: ['call', 'admission'],

    onBody(exchange) {
      return carry(exchange, exchange.call, limits, tokenizer);
    },

    async stop() {
      await upstreams.close();
      await tokenizer.stop();
    },
  };
}

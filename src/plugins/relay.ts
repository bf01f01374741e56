import { settingName } from '../core/config/upstreams.ts';
import { ProxyError } from '../core/errors.ts';
import type { Plugin } from '../core/plugin.ts';
import { Relay } from '../core/relay/relay.ts';
import type { Services } from '../core/services.ts';

/** Sends the exchange to its target's upstream, and the answer back to the client. */
export function relay({ config, upstreams }: Pick<Services, 'config' | 'upstreams'>): Plugin<'target'> {
  const limits = {
    headersTimeoutMs: config.UPSTREAM_HEADERS_TIMEOUT_MS,
    idleTimeoutMs: config.UPSTREAM_IDLE_TIMEOUT_MS,
    totalTimeoutMs: config.UPSTREAM_TOTAL_TIMEOUT_MS,
    stallTimeoutMs: config.CLIENT_STALL_TIMEOUT_MS,
  };

  return {
    name: 'relay',
    needs: ['target'],

    onBody(exchange) {
      const { target } = exchange;
      const { upstream: name } = target.item;
      const upstream = upstreams.get(name);
      if (upstream === undefined) {
        throw new ProxyError('upstream_unconfigured', {
          message: `The upstream "${name}" is not configured: set UPSTREAM_${settingName(name)}_URL.`,
        });
      }
      new Relay(exchange, target, limits).start(upstream);
      return undefined;
    },

    stop: () => upstreams.close(),
  };
}

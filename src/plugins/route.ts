import { ProxyError } from '../core/errors.ts';
import { readRequest } from '../core/json/request.ts';
import { PromptEstimate } from '../core/meter/estimate.ts';
import type { Plugin } from '../core/plugin.ts';
import { Pickers } from '../core/routing/picker.ts';
import type { Services } from '../core/services.ts';
import { WAYS } from '../core/translate/passages.ts';

/** Picks one of the plan's quota items by weight, among those that the client's API has a way to. */
export function route({
  config,
  upstreams,
  random,
  log,
}: Pick<Services, 'config' | 'upstreams' | 'random' | 'log'>): Plugin<'plan', 'target'> {
  // An item whose upstream is not configured is picked all the same: that shows in the log, where leaving it out
  // would silently shift the weights.
  const pickers = new Pickers(({ upstream }, api) => {
    const settings = upstreams.get(upstream)?.settings;
    if (settings === undefined) return true;
    const { direct, indirect } = WAYS[api][settings.dialect];
    return (direct ?? indirect) !== undefined;
  });

  return {
    name: 'route',
    needs: ['plan'],
    provides: 'target',

    onBody(exchange) {
      const { plan, api, body } = exchange;
      const estimate = new PromptEstimate();
      const request = readRequest(body, config.BODY_DEPTH_MAX, estimate);
      exchange.promptEstimate = estimate.tokens;
      const candidates = pickers.of(plan, api.name).candidates(request.model);
      if (candidates.empty) {
        log.warn(
          { plan: plan.name, api: api.name, model: request.model },
          'no item of the plan for this model is on an upstream that this API has a way to',
        );
        // Trying again does not help, and SDKs would: it is a 5xx.
        throw new ProxyError('dialect_unreachable', { headers: ['x-should-retry', 'false'] });
      }
      return { item: candidates.pick(random), request };
    },
  };
}

import { countRequest, countUpstream, timeExchange } from '../core/metrics/exchanges.ts';
import type { Metrics } from '../core/metrics/metrics.ts';
import type { Plugin } from '../core/plugin.ts';

/** Counts each exchange when it has ended. */
export const metrics = (services: { readonly metrics: Metrics }): Plugin => {
  const recorders = [countRequest, timeExchange, countUpstream].map((create) => create(services.metrics));
  return {
    name: 'metrics',
    onDone(exchange) {
      for (const record of recorders) record(exchange);
      return undefined;
    },
  };
};

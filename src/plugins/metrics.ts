import { LateCounts } from '../core/meter/late.ts';
import { countFailure, countRequest, countTokens, timeExchange } from '../core/metrics/exchanges.ts';
import type { Metrics } from '../core/metrics/metrics.ts';
import type { Plugin } from '../core/plugin.ts';

/** Counts each exchange when it has ended. */
export const metrics = (services: { readonly metrics: Metrics }): Plugin => {
  const recorders = [countRequest, timeExchange, countFailure].map((create) => create(services.metrics));
  const tokens = countTokens(services.metrics);
  const late = new LateCounts();
  return {
    name: 'metrics',
    onDone(exchange) {
      for (const record of recorders) record(exchange);
      return late.whenComplete(exchange, tokens);
    },
    stop: () => late.settled(),
  };
};

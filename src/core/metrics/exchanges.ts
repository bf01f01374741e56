import type { Exchange } from '../exchange.ts';
import type { Listing } from '../roster.ts';
import type { CountSource, QuotaItem, TokenCounts } from '../types.ts';
import type { Counter, Metrics } from './metrics.ts';

type Recorder = (exchange: Exchange) => undefined;

/** Statuses are three digits; anything else that an upstream may send is counted together. */
const STATUSES = Array.from({ length: 600 }, (_, status) => (status < 100 ? 'other' : String(status)));

/** Counts a request that has ended, be it on a route of the chain or not. For `onDone`. */
export function countRequest(metrics: Metrics): Recorder {
  return ({ api, route, outcome, status }) => {
    metrics.counter('requests', api.dialect, route, outcome!, STATUSES[status] ?? 'other').value++;
    return undefined;
  };
}

/** The times of an exchange. For `onDone`. */
export function timeExchange(metrics: Metrics): Recorder {
  return (exchange) => {
    const { startedAt, dispatchedAt, firstByteAt, bodyAskedAt, bodyAt } = exchange;
    const dialect = exchange.api.dialect;
    const streamed = String(exchange.streaming);
    metrics.histogram('duration', dialect, streamed).observe((exchange.endedAt - startedAt) / 1e3);
    if (firstByteAt > 0) {
      metrics.histogram('firstByte', dialect, streamed).observe((firstByteAt - startedAt) / 1e3);
    }
    if (dispatchedAt > 0) {
      const bodyMs = bodyAt - bodyAskedAt;
      metrics.histogram('overhead', dialect).observe((dispatchedAt - startedAt - bodyMs) / 1e3);
    }
    return undefined;
  };
}

/** Failures by upstream. For `onDone`. */
export function countFailure(metrics: Metrics): Recorder {
  return ({ target, outcome, error, status }) => {
    if (target === undefined || outcome !== 'upstream_failed') return undefined;
    const code = error?.code ?? STATUSES[status] ?? 'other';
    metrics.counter('upstreamErrors', target.item.upstream, code).value++;
    return undefined;
  };
}

/** The counters of one model and one source. Each is made when it first counts: a series that stays 0 takes up a place. */
class TokenCounters {
  readonly #create: (direction: string) => Counter;
  #input: Counter | undefined = undefined;
  #output: Counter | undefined = undefined;
  #cacheRead: Counter | undefined = undefined;
  #cacheWrite: Counter | undefined = undefined;
  #reasoning: Counter | undefined = undefined;

  constructor(create: (direction: string) => Counter) {
    this.#create = create;
  }

  add({ input, output, cacheRead, cacheWrite, reasoning }: TokenCounts): void {
    if (input > 0) {
      this.#input ??= this.#create('input');
      this.#input.value += input;
    }
    if (output > 0) {
      this.#output ??= this.#create('output');
      this.#output.value += output;
    }
    if (cacheRead > 0) {
      this.#cacheRead ??= this.#create('cache_read');
      this.#cacheRead.value += cacheRead;
    }
    if (cacheWrite > 0) {
      this.#cacheWrite ??= this.#create('cache_write');
      this.#cacheWrite.value += cacheWrite;
    }
    if (reasoning > 0) {
      this.#reasoning ??= this.#create('reasoning');
      this.#reasoning.value += reasoning;
    }
  }
}

/** Tokens by upstream. Models are named by the plan, never by the client. For when the counts are complete. */
export function countTokens(metrics: Metrics): Recorder {
  const known = new WeakMap<QuotaItem, Map<CountSource, TokenCounters>>();

  const countersOf = (item: QuotaItem, source: CountSource): TokenCounters => {
    let bySource = known.get(item);
    if (bySource === undefined) {
      bySource = new Map();
      known.set(item, bySource);
    }
    let counters = bySource.get(source);
    if (counters === undefined) {
      const { upstream, model } = item;
      counters = new TokenCounters((direction) =>
        metrics.counter('tokens', upstream, model, direction, source),
      );
      bySource.set(source, counters);
    }
    return counters;
  };

  return ({ target, account: { tokens, countSource } }) => {
    if (target === undefined || countSource === 'none') return undefined;
    countersOf(target.item, countSource).add(tokens);
    return undefined;
  };
}

/** @param open the exchanges of this worker that have not ended */
export function observeOpen(metrics: Metrics, open: Listing<Exchange>): void {
  metrics.observe('openExchanges', [], () => open.size);
  metrics.observe('openStreams', [], () => {
    let streams = 0;
    for (const exchange of open) if (exchange.streaming) streams++;
    return streams;
  });
}

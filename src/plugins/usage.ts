import { ProxyError } from '../core/errors.ts';
import type { Exchange } from '../core/exchange.ts';
import { LateCounts } from '../core/meter/late.ts';
import type { Plugin } from '../core/plugin.ts';
import type { Services } from '../core/services.ts';

/** One row of usage for each routed exchange, whatever its outcome. */
export function usage({ ledger }: Pick<Services, 'ledger'>): Plugin {
  const late = new LateCounts();

  const write = (exchange: Exchange): undefined => {
    const { target, user, plan } = exchange;
    if (target === undefined || user === undefined || plan === undefined) return;
    const { id, requestId, startedAt, firstByteAt, endedAt } = exchange;
    ledger.append({
      requestId: id,
      clientRequestId: requestId === id ? null : requestId,
      quotaItemId: target.item.quotaId,
      userId: user.userId,
      subId: plan.subId,
      timestamp: exchange.startedAtEpoch,
      tokens: exchange.counts,
      countSource: exchange.countSource,
      outcome: exchange.outcome!,
      status: exchange.status,
      dialect: exchange.api.dialect,
      api: exchange.api.name,
      streamed: target.request.stream,
      requestedModel: target.request.model,
      routedModel: target.item.model,
      upstream: target.item.upstream,
      attempts: exchange.attempts,
      firstByteMs: firstByteAt === 0 ? null : firstByteAt - startedAt,
      durationMs: endedAt - startedAt,
    });
  };

  return {
    name: 'usage',

    // What cannot be written down is not sold.
    onHead() {
      if (!ledger.open) throw new ProxyError('ledger_full');
      return undefined;
    },

    onDone: (exchange) => late.whenComplete(exchange, write),

    // The ledger is flushed after this.
    stop: () => late.settled(),
  };
}

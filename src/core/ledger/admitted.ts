import type { Exchange } from '../exchange.ts';
import { accountFor, UNCOUNTED } from '../meter/account.ts';
import { estimateOutputTokens } from '../meter/estimate.ts';
import type { MonotonicMs, Outcome, Plan, Target, UsageRow, User } from '../types.ts';
import { encodeAdmission, encodeRow } from './row.ts';

/** What the ledger has been told of one exchange. */
export class Admitted {
  /** When, in which epoch of the ledger, and how far into the answer its last row was written. */
  writtenAt: MonotonicMs;
  epoch: number;
  textBytes = 0;
  readonly #admission: string;

  constructor(exchange: Exchange, user: User, plan: Plan, { item, request }: Target, epoch: number) {
    const { id, requestId, api, startedAtEpoch } = exchange;
    this.writtenAt = exchange.startedAt;
    this.epoch = epoch;
    this.#admission = encodeAdmission({
      requestId: id,
      clientRequestId: requestId === id ? null : requestId,
      quotaItemId: item.quotaId,
      userId: user.userId,
      subId: plan.subId,
      timestamp: startedAtEpoch,
      dialect: api.dialect,
      api: api.name,
      streamed: request.stream,
      requestedModel: request.model,
      routedModel: item.model,
      upstream: item.upstream,
      promptBytes: exchange.body.length,
    });
  }

  /**
   * What is to be booked if the process dies now: a stream that a kill cuts is not free. Nor is a request that no
   * upstream has seen yet: the row is written before it is sent, and nobody will know whether it was. What costs
   * nothing when it ends costs nothing now.
   */
  crashRow(exchange: Exchange, now: MonotonicMs): UsageRow {
    const { api, textBytes, deliveredTextBytes } = exchange;
    if (!api.metered) return this.#row(exchange, 'crashed', now, UNCOUNTED);
    const known = {
      reported: exchange.reported,
      reportedAll: false,
      observedInput: exchange.promptEstimate,
      observedOutput: estimateOutputTokens(textBytes),
      deliveredShare: textBytes === 0 ? 0 : deliveredTextBytes / textBytes,
    };
    return this.#row(exchange, 'crashed', now, accountFor(known, exchange.plan?.countBasis ?? 'reported'));
  }

  /** Of an exchange that has ended. */
  row(exchange: Exchange): UsageRow {
    return this.#row(exchange, exchange.outcome!, exchange.endedAt, exchange.account);
  }

  #row(exchange: Exchange, outcome: Outcome, now: MonotonicMs, account: Exchange['account']): UsageRow {
    const { startedAt, firstByteAt, status, attempts } = exchange;
    return encodeRow(this.#admission, {
      tokens: account.tokens,
      countSource: account.countSource,
      counts: account.counts,
      outcome,
      status,
      attempts,
      firstByteMs: firstByteAt === 0 ? null : firstByteAt - startedAt,
      durationMs: now - startedAt,
    });
  }
}

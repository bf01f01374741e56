import { DatabaseError } from '../core/database/failure.ts';
import { ProxyError } from '../core/errors.ts';
import type { Carrier, Exchange } from '../core/exchange.ts';
import { rangeOf } from '../core/reconcile/range.ts';
import { type ReconcileOptions, reconcile } from '../core/reconcile/reconcile.ts';
import { databaseError } from './database.ts';
import { invalid, parseQuery, RECONCILE_RANGE } from './input.ts';

export type ReconcileServices = Omit<ReconcileOptions, 'signal'>;

/** Audits the books. One at a time in each worker, ended when its client leaves. */
export function reconcileHandler(services: ReconcileServices): (exchange: Exchange) => Promise<void> {
  let running = false;
  return async (exchange) => {
    const { head } = exchange.client;
    const query = parseQuery(RECONCILE_RANGE, head.query);
    const range = rangeOf(query.from, query.to);
    if (range.from >= range.to) throw invalid('from', 'must be before to');
    if (head.method === 'HEAD') {
      exchange.respond(200, '');
      return;
    }
    if (running) {
      throw new ProxyError('too_many_exports', {
        message: 'The books are being reconciled already. Try again when that has ended.',
      });
    }
    const end = new AbortController();
    exchange.carrier = new Audit(end);
    running = true;
    try {
      const report = await reconcile(range, { ...services, signal: end.signal });
      exchange.respond(200, JSON.stringify(report), undefined, ['cache-control', 'no-store']);
    } catch (thrown) {
      // What a connection says that was dropped on purpose is no news.
      if (exchange.ended) return;
      const known = thrown instanceof DatabaseError;
      exchange.fail(databaseError(known ? thrown.cause : thrown, known ? thrown.message : undefined));
    } finally {
      running = false;
    }
  };
}

/** Bounds: the audit's own, on each of its queries. */
class Audit implements Carrier {
  readonly #end: AbortController;

  constructor(end: AbortController) {
    this.#end = end;
  }

  release(): void {
    this.#end.abort();
  }

  onWritable(): void {}

  check(): void {}
}

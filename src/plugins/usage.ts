import { Admitted } from '../core/ledger/admitted.ts';
import { LateCounts } from '../core/meter/late.ts';
import type { Plugin } from '../core/plugin.ts';
import type { Services } from '../core/services.ts';

/**
 * A row that stands in an old part of the journal keeps that part from being deleted, so it is written anew; but not
 * more often than this, or the rows of thousands of silent exchanges would themselves fill one part after the other.
 */
export const RENEWAL_INTERVAL_MS = 2_000;

/**
 * One row of usage for each routed exchange, whatever its outcome. The ledger has it before the upstream is asked, from
 * time to time while the answer goes on, and before its last byte is released.
 */
export function usage({
  config,
  ledger,
}: Pick<Services, 'config' | 'ledger'>): Plugin<'user' | 'plan' | 'target', 'admission'> {
  const { JOURNAL_PROGRESS_INTERVAL_MS } = config;
  const late = new LateCounts();

  return {
    name: 'usage',
    needs: ['user', 'plan', 'target'],
    provides: 'admission',

    onBody(exchange) {
      const { user, plan, target } = exchange;
      const admitted = new Admitted(exchange, user, plan, target, ledger.epoch);
      // At once: should the client leave while the ledger writes, onDone must know.
      exchange.admission = admitted;
      return ledger.admit(admitted.crashRow(exchange, exchange.bodyAt)).then(
        () => admitted,
        (refusal: unknown) => {
          exchange.admission = undefined as never;
          throw refusal;
        },
      );
    },

    onCheck(exchange, now) {
      const { admission, textBytes } = exchange;
      if (admission === undefined) return;
      const age = now - admission.writtenAt;
      // Even while the ledger is full: that part may be the room it waits for.
      const old = admission.epoch !== ledger.epoch && age >= RENEWAL_INTERVAL_MS;
      // The first text soon, what follows from time to time.
      const due =
        ledger.open &&
        textBytes !== admission.textBytes &&
        (admission.textBytes === 0 || age >= JOURNAL_PROGRESS_INTERVAL_MS);
      if (!old && !due) return;
      admission.epoch = ledger.epoch;
      admission.writtenAt = now;
      admission.textBytes = textBytes;
      void ledger.append(admission.crashRow(exchange, now), false);
    },

    onDone(exchange) {
      const { admission, counting } = exchange;
      if (admission === undefined) return undefined;
      const booked = ledger.append(admission.row(exchange), counting === undefined);
      if (counting !== undefined) {
        late.whenComplete(exchange, (counted) => {
          void ledger.append(admission.row(counted), true);
          return undefined;
        });
      }
      return booked;
    },

    // The ledger is closed after this.
    stop: () => late.settled(),
  };
}

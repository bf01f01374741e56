import { ProxyError } from '../core/errors.ts';
import type { Plugin } from '../core/plugin.ts';
import type { Services } from '../core/services.ts';

/** What cannot be written down is not sold. */
export function ledger({ ledger }: Pick<Services, 'ledger'>): Plugin {
  return {
    name: 'ledger',
    onHead() {
      if (ledger.refuses) throw new ProxyError('ledger_full');
      return undefined;
    },
  };
}

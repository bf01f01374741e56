import { ProxyError } from '../core/errors.ts';
import type { Plugin } from '../core/plugin.ts';
import type { Services } from '../core/services.ts';
import type { Plan } from '../core/types.ts';

/** What the user may use. */
export function plan({ directory }: Pick<Services, 'directory'>): Plugin<'user', 'plan'> {
  return {
    name: 'plan',
    needs: ['user'],
    provides: 'plan',
    onHead({ user }) {
      if (user.subId === null) throw new ProxyError('no_plan');
      const found = directory.findPlan(user.subId);
      return found instanceof Promise ? found.then(usable) : usable(found);
    },
  };
}

function usable(plan: Plan | null): Plan {
  if (plan === null || plan.items.length === 0) throw new ProxyError('no_plan');
  return plan;
}

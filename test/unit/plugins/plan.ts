// A user without a plan that has models gets 403, whether the answer comes from memory or from the database.
import t from 'tap';
import type { Directory } from '../../../src/core/directory/directory.ts';
import type { With } from '../../../src/core/plugin.ts';
import type { Plan } from '../../../src/core/types.ts';
import { plan } from '../../../src/plugins/plan.ts';

const PRO: Plan = {
  subId: 2,
  name: 'cursor-pro',
  items: [{ quotaId: 1, model: 'm', upstream: 'u', weight: 1 }],
  countBasis: 'reported',
  drainMs: 0,
};

function find(found: Plan | null | Promise<Plan | null>, subId: number | null = 2) {
  const directory = { findPlan: (asked: number) => (asked === 2 ? found : null) } as unknown as Directory;
  return plan({ directory }).onHead!({ user: { subId } } as unknown as With<'user'>);
}

t.test('gives the plan, synchronously if it is remembered', async (t) => {
  t.equal(find(PRO), PRO);
  t.equal(await find(Promise.resolve(PRO)), PRO);
});

const useless: [name: string, found: Plan | null, subId: number | null][] = [
  ['a user without a plan', PRO, null],
  ['a plan that is gone', null, 2],
  ['a plan without models', { ...PRO, items: [] }, 2],
];
for (const [name, found, subId] of useless) {
  t.test(`refuses ${name}`, async (t) => {
    t.throws(() => find(found, subId), { code: 'no_plan' });
    if (subId !== null) await t.rejects(async () => find(Promise.resolve(found)), { code: 'no_plan' });
  });
}

import { type Chain, Pipeline } from '../core/chain.ts';
import type { Services } from '../core/services.ts';
import { auth } from './auth.ts';
import { ledger } from './ledger.ts';
import { metrics } from './metrics.ts';
import { models } from './models.ts';
import { plan } from './plan.ts';
import { relay } from './relay.ts';
import { route } from './route.ts';
import { translate } from './translate.ts';
import { usage } from './usage.ts';

/** The chain, in order. To add a plugin, add its file and one line here. */
export const buildChain = (services: Services): Chain =>
  new Pipeline(services)
    .use(auth) //    token -> user
    .use(plan) //    user -> plan
    .use(models) //  plan -> answers to /v1/models
    .use(ledger) //  refuses what cannot be booked
    .use(route) //   plan -> target
    .use(usage) //   target -> admission; what happened -> ledger
    .use(translate) // target -> call
    .use(relay) //   call, admission -> bytes
    .use(metrics) // what happened -> counters
    .build();

import type { ArmKind } from '../arm.ts';
import { ANY_CLIENT } from '../start.ts';

/** Nothing stands between load and upstream: what the load itself can do. */
export const direct: ArmKind = {
  name: 'direct',
  async start(upstream) {
    return {
      ...ANY_CLIENT,
      name: 'direct',
      version: '',
      url: upstream.url,
      pids: () => [],
      async stop() {},
    };
  },
};

// The load that wrk cannot make, as a program: each message is an order, each answer says what came of it. What one
// order holds open stays so while the next ones run.
import { Holder } from './hold.ts';
import { runLeave } from './leave.ts';
import type { Order, ResultOf } from './orders.ts';
import { runRequests } from './requests.ts';
import { runStreams } from './streams.ts';

let held: Holder | undefined;

async function run(order: Order): Promise<ResultOf<Order>> {
  switch (order.kind) {
    case 'requests':
      return runRequests(order);
    case 'streams':
      return runStreams(order);
    case 'leave':
      return runLeave(order);
    case 'hold':
      if (held !== undefined) throw new Error('streams are held already');
      held = new Holder(order);
      return held.open();
    case 'release': {
      const result = held?.release() ?? { kind: 'release', open: 0, ended: 0, bytes: 0 };
      held = undefined;
      return result;
    }
  }
}

process.on('message', async (order: Order) => process.send!(await run(order)));
process.on('SIGTERM', () => process.exit(0));

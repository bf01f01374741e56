// The chain runs plugins in order, suspends only for promises, and stops where the exchange ends.
import t from 'tap';
import { Pipeline } from '../../../src/core/chain.ts';
import { chat } from '../../../src/core/dialects/openai.ts';
import { createEdge } from '../../../src/core/edge.ts';
import { ProxyError } from '../../../src/core/errors.ts';
import type { Exchange, Surroundings } from '../../../src/core/exchange.ts';
import type { Plugin } from '../../../src/core/plugin.ts';
import type { Plan, User } from '../../../src/core/types.ts';
import { FakeClient } from '../../fixtures/client.ts';

const USER: User = { userId: 1, subId: 2, active: true, expiresAt: Number.POSITIVE_INFINITY };
const PLAN: Plan = { subId: 2, name: 'p', items: [], countBasis: 'reported', drainMs: 0 };

function serve(
  build: (pipeline: Pipeline<string[]>) => { build(): ReturnType<Pipeline<string[]>['build']> },
) {
  const steps: string[] = [];
  const reports: unknown[] = [];
  const surroundings: Surroundings = {
    bodyBytesMax: 1_000,
    bodyTimeoutMs: 1_000,
    open: new Set<Exchange>(),
    report: (_, error) => reports.push(error.cause ?? error.code),
  };
  const chain = build(new Pipeline(steps)).build();
  const accept = createEdge(
    [{ path: '/v1/chat/completions', api: chat, handlers: { POST: chain } }],
    surroundings,
  );
  const client = new FakeClient();
  client.events = accept(client);
  return { client, exchange: client.events as Exchange, steps, reports, open: surroundings.open };
}

const user = (steps: string[]): Plugin<never, 'user'> => ({
  name: 'user',
  provides: 'user',
  onHead() {
    steps.push('user');
    return USER;
  },
});

const slowPlan = (steps: string[]): Plugin<'user', 'plan'> => ({
  name: 'plan',
  needs: ['user'],
  provides: 'plan',
  async onHead(exchange) {
    steps.push(`plan of ${exchange.user.userId}`);
    return PLAN;
  },
});

const answer = (steps: string[]): Plugin<'plan'> => ({
  name: 'answer',
  onBody(exchange) {
    steps.push(`answer ${exchange.body} for ${exchange.plan.name}`);
    exchange.respond(200, '{}');
    return undefined;
  },
});

const done = (steps: string[]): Plugin => ({
  name: 'done',
  onDone(exchange) {
    steps.push(`done ${exchange.outcome} ${exchange.status}`);
    return undefined;
  },
});

t.test('runs in order, and hands facets on', async (t) => {
  const { client, steps, open } = serve((p) => p.use(user).use(slowPlan).use(answer).use(done));
  t.same(steps, ['user', 'plan of 1'], 'what needs no waiting has run when the request is accepted');
  t.notOk(client.bodyAsked);
  await null;
  t.ok(client.bodyAsked, 'the body is asked for once all heads have passed');
  client.sendBody('hi');
  t.same(steps.slice(2), ['answer hi for p', 'done completed 200']);
  t.equal(open.size, 0);
  t.same(client.misuse, []);
});

t.test('a rejection ends the exchange in the dialect of its route', async (t) => {
  const refuse = (): Plugin => ({
    name: 'refuse',
    onHead() {
      throw new ProxyError('no_plan');
    },
  });
  const { client, steps, reports } = serve((p) => p.use(refuse).use(user).use(done));
  t.same(steps, ['done rejected 403']);
  t.equal(client.status, 403);
  t.match(JSON.parse(client.text), {
    error: { type: 'invalid_request_error', param: null, code: 'no_plan' },
  });
  t.notOk(client.bodyAsked);
  t.same(reports, [], 'clients’ faults are not the operator’s business');
});

t.test('a bug is told to the operator, not to the client', async (t) => {
  const bug = new TypeError('secret detail');
  for (const hook of [
    () => {
      throw bug;
    },
    () => Promise.reject(bug),
  ]) {
    const { client, reports } = serve((p) => p.use((): Plugin => ({ name: 'buggy', onHead: hook as never })));
    await new Promise(setImmediate);
    t.equal(client.status, 500);
    t.notMatch(client.text, /secret/);
    t.same(reports, [bug]);
  }
});

t.test('an exchange that ends while a plugin waits does not go on', async (t) => {
  const { client, steps } = serve((p) => p.use(user).use(slowPlan).use(answer).use(done));
  client.leave();
  await new Promise(setImmediate);
  t.same(steps, ['user', 'plan of 1', 'done client_aborted 499']);
  t.notOk(client.bodyAsked);
});

t.test('a plugin whose onDone throws does not take the turn of the next', async (t) => {
  const broken = (): Plugin => ({
    name: 'broken',
    onDone() {
      throw new Error('boom');
    },
  });
  const { client, steps, reports } = serve((p) => p.use(broken).use(done));
  client.leave();
  t.same(steps, ['done client_aborted 499']);
  t.match(reports, [{ message: 'boom' }]);
});

t.test('promises of onDone hold the last bytes back, all of them', async (t) => {
  const keep: (() => void)[] = [];
  const slow = (steps: string[]): Plugin => ({
    name: 'slow',
    onDone: () =>
      new Promise<void>((resolve) => keep.push(resolve)).then(() => {
        steps.push('kept');
      }),
  });
  for (const order of [
    [0, 1],
    [1, 0],
  ]) {
    keep.length = 0;
    const { client, steps } = serve((p) =>
      p.use(user).use(slowPlan).use(answer).use(slow).use(done).use(slow),
    );
    await null;
    client.sendBody('hi');
    t.same(steps.slice(3), ['done completed 200'], 'nobody waits for another to be told');
    keep[order[0]!]!();
    await new Promise(setImmediate);
    t.match(client, { status: 0, open: true });
    keep[order[1]!]!();
    await new Promise(setImmediate);
    t.same(steps.slice(4), ['kept', 'kept']);
    t.match(client, { status: 200, text: '{}', misuse: [] });
  }
});

t.test('a promise of onDone that rejects is a bug, and the response goes all the same', async (t) => {
  const buggy = (): Plugin => ({ name: 'buggy', onDone: () => Promise.reject(new Error('boom')) });
  const fine = (): Plugin => ({ name: 'fine', onDone: async () => {} });
  for (const chained of [
    [buggy, fine],
    [fine, buggy],
    [buggy, buggy],
  ] as const) {
    const { client, reports } = serve((p) =>
      p.use(user).use(slowPlan).use(answer).use(chained[0]).use(chained[1]),
    );
    await null;
    client.sendBody('hi');
    await new Promise(setImmediate);
    t.equal(client.status, 200);
    t.match(reports[0], { message: 'boom' });
  }
});

t.test('onCheck: all that have one are called; what it throws ends the exchange', async (t) => {
  const checks = (steps: string[]): Plugin => ({
    name: 'checks',
    onCheck(exchange, now) {
      steps.push(`check ${now} ${exchange.plan?.name}`);
      if (now === 3) throw new ProxyError('stopping');
      return undefined;
    },
  });
  const { client, exchange, steps } = serve((p) =>
    p.use(checks).use(user).use(slowPlan).use(checks).use(done),
  );
  exchange.check(1);
  await null;
  exchange.check(2);
  t.same(
    steps.filter((step) => step.startsWith('check')),
    ['check 1 undefined', 'check 1 undefined', 'check 2 p', 'check 2 p'],
    'a facet may be missing',
  );
  steps.length = 0;
  exchange.check(3);
  t.same(steps, ['check 3 p', 'done rejected 503']);
  t.equal(client.status, 503);
});

t.test('the compiler rejects a chain in the wrong order', async () => {
  const pipeline = new Pipeline<string[]>([]);
  // @ts-expect-error plan needs user, which nobody has provided
  pipeline.use(slowPlan);
  // @ts-expect-error a hook without a facet must not be asynchronous where the runner would not wait
  ({ name: 'x', onChunk: async () => undefined }) satisfies Plugin;
});

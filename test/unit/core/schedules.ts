// Whatever client and upstream do, in whatever order: one onDone, nothing after the end, nothing of the end before the
// books have it, no slot left open, and the client has been sent exactly the bytes of the upstream as far as they go. An
// upstream that is read on without its client is charged for what it reports.
import { mock } from 'node:test';
import t from 'tap';
import { Pipeline } from '../../../src/core/chain.ts';
import { chat } from '../../../src/core/dialects/openai.ts';
import { createEdge } from '../../../src/core/edge.ts';
import { ProxyError } from '../../../src/core/errors.ts';
import type { Exchange, Surroundings } from '../../../src/core/exchange.ts';
import type { Plugin } from '../../../src/core/plugin.ts';
import { DirectCall } from '../../../src/core/relay/call.ts';
import { Relay } from '../../../src/core/relay/relay.ts';
import type { TransportEvents } from '../../../src/core/upstream/transport.ts';
import { FakeClient } from '../../fixtures/client.ts';
import { seeded } from '../../fixtures/random.ts';
import { FakeUpstream } from '../../fixtures/upstream.ts';

const RUNS = 5_000;
const LIMITS = {
  headersTimeoutMs: 1e6,
  idleTimeoutMs: 1e6,
  totalTimeoutMs: 1e6,
  stallTimeoutMs: 1e6,
  pingIntervalMs: 0,
};
const OUTPUT_TOKENS = 30;
const STREAM = [
  ...Array.from({ length: 20 }, (_, i) => `{"choices":[{"delta":{"content":"${i}"}}]}`),
  `{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":${OUTPUT_TOKENS}}}`,
  '[DONE]',
]
  .map((data) => `data: ${data}\n\n`)
  .join('');
const DRAIN_MS = 1e6;
/** Longer than the relay waits for the end behind an end mark. */
const LINGER_MS = 2_000;
const ERROR_EVENT = /data: \{"error":\{[^\n]*\}\}\n\n$/;

function run(random: () => number) {
  const upstream = new FakeUpstream();
  const client = new FakeClient();
  const dones: Exchange[] = [];
  const drainMs = random() < 0.5 ? DRAIN_MS : 0;
  const early: string[] = [];
  let book: (() => void) | undefined;
  const call = new DirectCall(upstream, chat, [Buffer.from('{}')], false);
  const relay = (): Plugin => ({
    name: 'relay',
    onBody(exchange) {
      exchange.plan = { subId: 1, name: 'p', items: [], countBasis: 'reported', drainMs };
      new Relay(exchange, call, LIMITS).start();
      return undefined;
    },
    onDone(exchange) {
      dones.push(exchange);
      if (random() < 0.5) return undefined;
      const { text, status } = client;
      return new Promise((resolve) => {
        book = () => {
          if (client.text !== text || client.status !== status) early.push('sent before the books had it');
          book = undefined;
          resolve();
        };
      });
    },
  });
  const surroundings: Surroundings = {
    bodyBytesMax: 1e6,
    bodyTimeoutMs: 1e6,
    open: new Set<Exchange>(),
    report() {},
  };
  const chain = new Pipeline(undefined).use(relay).build();
  client.events = createEdge(
    [{ path: '/v1/chat/completions', api: chat, handlers: { POST: chain } }],
    surroundings,
  )(client);

  const bytes = Buffer.from(STREAM);
  let at = 0;
  let headSent = false;
  const chunk = (events: TransportEvents) => {
    if (!headSent || !upstream.resumed) return undefined;
    const size = 1 + Math.floor(random() * 60);
    const part = bytes.subarray(at, at + size);
    at += part.length;
    return part.length > 0 ? events.onChunk(part) : undefined;
  };
  const actions: [weight: number, act: () => unknown][] = [
    [4, () => client.bodyAsked && client.sendBody('{}')],
    [
      4,
      () =>
        upstream.do((events) => {
          if (headSent) return;
          headSent = true;
          events.onHead(200, ['content-type', 'text/event-stream']);
        }),
    ],
    [30, () => upstream.do(chunk)],
    [8, () => new Promise(process.nextTick)],
    [
      2,
      () => {
        client.takes = false;
      },
    ],
    [4, () => client.drain()],
    [0.3, () => client.leave()],
    [
      1,
      () =>
        upstream.do((events) => random() < 0.3 && events.onFailed({ kind: 'reset', cause: undefined }), true),
    ],
    [2, () => headSent && at === bytes.length && upstream.do((events) => events.onEnd(), true)],
    [
      1,
      () => {
        for (const exchange of surroundings.open) exchange.check(performance.now());
      },
    ],
    [0.2, () => client.rejectBody('body_too_large')],
    [2, () => book?.()],
  ];
  const total = actions.reduce((sum, [weight]) => sum + weight, 0);
  const step = (): unknown => {
    let point = random() * total;
    for (const [weight, act] of actions) {
      point -= weight;
      if (point < 0) return act();
    }
    return undefined;
  };
  /** All that is still to come, comes. @returns what did not end by itself */
  const end = async (): Promise<Exchange | undefined> => {
    client.leave();
    await new Promise(process.nextTick);
    const [left] = surroundings.open;
    for (const exchange of surroundings.open) {
      if (random() < 0.5) for (let n = 0; n < 400 && !exchange.ended; n++) await step();
      if (random() < 0.5) exchange.check(performance.now() + DRAIN_MS + 1);
      exchange.fail(new ProxyError('stopping'), true);
    }
    book?.();
    await new Promise(process.nextTick);
    mock.timers.tick(LINGER_MS);
    return left;
  };
  return { step, end, client, upstream, dones, early, drainMs, surroundings };
}

mock.timers.enable({ apis: ['setTimeout'] });

t.test('random schedules', async (t) => {
  const outcomes = new Map<string, number>();
  const count = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  const random = seeded(42);
  for (let i = 0; i < RUNS; i++) {
    const { step, end, client, upstream, dones, early, drainMs, surroundings } = run(random);
    for (let n = 0; n < 400 && client.open; n++) await step();
    const drained = await end();
    const [exchange] = dones;
    const { outcome = 'none', account, textBytes = 0, deliveredTextBytes = 0 } = exchange ?? {};
    const { text } = client;
    const stayed = client.ended !== 'aborted';
    const problems = [
      ...client.misuse,
      ...early,
      ...(dones.length === 1 ? [] : [`onDone ${dones.length} times`]),
      ...(upstream.open === 0 ? [] : ['upstream left open']),
      ...(surroundings.open.size === 0 ? [] : ['exchange left open']),
      ...(outcome === 'completed' && stayed && text !== STREAM ? ['not the bytes of the upstream'] : []),
      ...(outcome === 'completed' && client.ended === 'cut' ? ['cut though complete'] : []),
      ...(outcome === 'completed' && account?.countSource !== 'reported' ? ['its report is lost'] : []),
      ...(outcome === 'client_aborted' && !STREAM.startsWith(text)
        ? ['other bytes than the upstream’s']
        : []),
      ...(client.ended === 'cut' && !ERROR_EVENT.test(text) ? ['cut without an error event'] : []),
      ...(client.ended === 'cut' && !STREAM.startsWith(text.replace(ERROR_EVENT, ''))
        ? ['error event inside another']
        : []),
      ...(client.status === 200 && outcome === 'upstream_failed' && stayed && client.ended !== 'cut'
        ? ['broken, but not cut']
        : []),
      ...(drained !== undefined && drainMs === 0 ? ['read on though nobody asked for it'] : []),
      ...(drained !== undefined && outcome !== 'client_aborted' ? [`${outcome} without a client`] : []),
      ...(deliveredTextBytes > textBytes ? ['delivered what never came'] : []),
      ...(account !== undefined && account.counts.deliveredOutput > account.tokens.output
        ? ['charged less than was delivered']
        : []),
    ];
    if (problems.length > 0) t.fail(`run ${i}: ${problems.join(', ')}`);
    count(outcome);
    if (drained !== undefined) count(`drained, ${account?.countSource}`);
  }
  for (const outcome of [
    'completed',
    'client_aborted',
    'upstream_failed',
    'rejected',
    'drained, reported',
    'drained, observed',
  ]) {
    t.ok((outcomes.get(outcome) ?? 0) > RUNS / 100, `${outcome}: ${outcomes.get(outcome)} of ${RUNS}`);
  }
});

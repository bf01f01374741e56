// Whatever client and upstream do, in whatever order: one onDone, nothing after the end, no slot left open, and the
// client has been sent exactly the bytes of the upstream as far as they go.
import t from 'tap';
import { Pipeline } from '../../../src/core/chain.ts';
import { chat } from '../../../src/core/dialects/openai.ts';
import { createEdge } from '../../../src/core/edge.ts';
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
const STREAM = `${Array.from({ length: 20 }, (_, i) => `data: {"choices":[{"delta":{"content":"${i}"}}]}\n\n`).join('')}data: [DONE]\n\n`;
const ERROR_EVENT = /data: \{"error":\{[^\n]*\}\}\n\n$/;

function run(random: () => number) {
  const upstream = new FakeUpstream();
  const client = new FakeClient();
  const dones: string[] = [];
  const call = new DirectCall(upstream, chat, Buffer.from('{}'), false);
  const relay = (): Plugin => ({
    name: 'relay',
    onBody(exchange) {
      new Relay(exchange, call, LIMITS).start();
      return undefined;
    },
    onDone(exchange) {
      dones.push(exchange.outcome!);
      return undefined;
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
          events.onHead(200, [Buffer.from('Content-Type'), Buffer.from('text/event-stream')]);
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
  return { step, client, upstream, dones, surroundings };
}

t.test('random schedules', async (t) => {
  const outcomes = new Map<string, number>();
  const random = seeded(42);
  for (let i = 0; i < RUNS; i++) {
    const { step, client, upstream, dones, surroundings } = run(random);
    for (let n = 0; n < 400 && client.open; n++) await step();
    client.leave();
    await new Promise(process.nextTick);
    const [outcome = 'none'] = dones;
    const { text } = client;
    const problems = [
      ...client.misuse,
      ...(dones.length === 1 ? [] : [`onDone ${dones.length} times`]),
      ...(upstream.open === 0 ? [] : ['upstream left open']),
      ...(surroundings.open.size === 0 ? [] : ['exchange left open']),
      ...(outcome === 'completed' && text !== STREAM ? ['not the bytes of the upstream'] : []),
      ...(outcome === 'completed' && client.ended === 'cut' ? ['cut though complete'] : []),
      ...(outcome === 'client_aborted' && !STREAM.startsWith(text)
        ? ['other bytes than the upstream’s']
        : []),
      ...(client.ended === 'cut' && !ERROR_EVENT.test(text) ? ['cut without an error event'] : []),
      ...(client.ended === 'cut' && !STREAM.startsWith(text.replace(ERROR_EVENT, ''))
        ? ['error event inside another']
        : []),
      ...(client.status === 200 && outcome === 'upstream_failed' && client.ended !== 'cut'
        ? ['broken, but not cut']
        : []),
    ];
    if (problems.length > 0) t.fail(`run ${i}: ${problems.join(', ')}`);
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  for (const outcome of ['completed', 'client_aborted', 'upstream_failed', 'rejected']) {
    t.ok((outcomes.get(outcome) ?? 0) > RUNS / 100, `${outcome}: ${outcomes.get(outcome)} of ${RUNS}`);
  }
});

import { completion } from '../answers.ts';
import { type ClosedSpec, closed } from '../closed.ts';
import { SCENARIO } from '../results.ts';
import type { Scenario } from '../scenario.ts';
import { startTlsUpstream } from '../tls.ts';

const SMALL_BYTES = 1_024;
const LARGE_BYTES = 400 * 1_024;
const PROMPT_BYTES = 230;

const EVERY_ARM = [
  'direct',
  'nginx',
  'haproxy',
  'nginxLua',
  'portkey',
  'fastify',
  'fastProxy',
  'nodeHttp',
  'ours',
  'ours, empty chain',
  'ours, node engine',
];
const SOME_ARMS = ['direct', 'nginx', 'haproxy', 'nginxLua', 'fastProxy', 'ours', 'ours, empty chain'];

const small = {
  mode: { kind: 'json', bytes: SMALL_BYTES },
  prompt: { bytes: PROMPT_BYTES, stream: false },
  connections: 80,
  pauseMs: 1,
  seconds: 1,
} as const;

const specs: readonly ClosedSpec[] = [
  { ...small, name: SCENARIO.json, title: 'Small JSON (an answer of 1 KB)', seconds: 2, arms: EVERY_ARM },
  {
    ...small,
    name: 'prompt-400k',
    title: 'A prompt of 400 KB, an answer of 1 KB',
    prompt: { bytes: LARGE_BYTES, stream: false },
    connections: 8,
    arms: SOME_ARMS,
  },
  {
    ...small,
    name: 'answer-400k',
    title: 'An answer of 400 KB',
    mode: { kind: 'json', bytes: LARGE_BYTES },
    connections: 8,
    arms: SOME_ARMS,
  },
  {
    ...small,
    name: SCENARIO.burst,
    title: 'SSE, 100 chunks in a burst, each in an HTTP chunk of its own',
    mode: { kind: 'sse', chunks: 100, intervalMs: 0 },
    prompt: { bytes: PROMPT_BYTES, stream: true },
    connections: 20,
    pauseMs: 5,
    arms: [...SOME_ARMS, 'portkey', 'nodeHttp'],
  },
  {
    ...small,
    name: 'tls',
    title: 'Small JSON, TLS to the upstream',
    arms: SOME_ARMS.filter((name) => name !== 'direct'),
    startUpstream: () => startTlsUpstream(completion(SMALL_BYTES).toString()),
  },
];

/** What wrk measures, in the order of the report. */
export const closedScenarios: readonly Scenario[] = specs.map(closed);

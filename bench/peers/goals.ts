import type { Spread } from '../statistics.ts';
import { REFERENCE } from './kinds.ts';
import { OURS } from './ours.ts';
import { FIGURE, figureOf, ratioOf, SCENARIO, type ScenarioResult, spreadOf, type Unit } from './results.ts';

/** Where a value is found. */
export interface Reading {
  readonly scenario: string;
  readonly arm: string;
  readonly figure: string;
  /** It is a ratio, round by round: by this arm or this figure. */
  readonly by?: { readonly arm?: string; readonly figure?: string };
}

export interface Goal extends Reading {
  readonly title: string;
  readonly limit: number;
  /** Whether the value may be at most, or must be at least, the limit. */
  readonly bound: 'at most' | 'at least';
  /** A limit that is to be reached later. */
  readonly later?: number;
  readonly unit: Unit;
}

export interface Verdict {
  readonly goal: Goal;
  readonly state: 'met' | 'missed' | 'not measured';
  readonly value?: Spread;
  /**
   * Of a ratio between arms: whether it lies within what the reference and its twin differ by, so that it shows no
   * difference at all.
   */
  readonly inBand?: boolean;
}

const small = { scenario: SCENARIO.json, figure: FIGURE.cpuPerRequest, unit: 'ratio' } as const;
const ours = { arm: OURS, bound: 'at most' } as const;
const theirs = { by: { arm: OURS }, bound: 'at least' } as const;
const chunk = {
  ...ours,
  figure: FIGURE.cpuPerChunk,
  unit: 'ratio',
  by: { arm: REFERENCE },
} as const;
const calls = { ...ours, scenario: SCENARIO.systemCalls, unit: 'calls' } as const;

export const goals: readonly Goal[] = [
  {
    ...small,
    ...ours,
    title: 'CPU a small request / nginx',
    by: { arm: REFERENCE },
    limit: 1.7,
    later: 1.25,
  },
  {
    ...small,
    ...ours,
    title: 'CPU a small request / nginx with Lua doing equal work',
    by: { arm: 'nginxLua' },
    limit: 1,
  },
  { ...chunk, title: 'CPU an SSE chunk / nginx, burst', scenario: SCENARIO.burst, limit: 1.2 },
  { ...chunk, title: 'CPU an SSE chunk / nginx, paced', scenario: SCENARIO.paced, limit: 1.5 },
  { ...small, ...theirs, title: "Portkey's CPU a request / ours", arm: 'portkey', limit: 30 },
  { ...small, ...theirs, title: '@fastify/http-proxy, CPU / ours', arm: 'fastify', limit: 3 },
  { ...small, ...theirs, title: 'fast-proxy, CPU / ours', arm: 'fastProxy', limit: 2 },
  {
    ...ours,
    title: "added time to first byte, p99 / nginx's",
    scenario: SCENARIO.latency,
    figure: FIGURE.addedFirstByteP99,
    by: { arm: REFERENCE },
    limit: 2,
    unit: 'ratio',
  },
  { ...small, ...ours, title: 'all plugins / empty chain', by: { arm: 'ours, empty chain' }, limit: 1.1 },
  {
    ...ours,
    title: 'memory an open idle stream',
    scenario: SCENARIO.idle,
    figure: FIGURE.memoryPerIdleStream,
    limit: 20,
    unit: 'KB',
  },
  {
    ...ours,
    title: 'CPU a request with 5,000 idle streams open / with none',
    scenario: SCENARIO.idle,
    figure: FIGURE.cpuWithIdle,
    by: { figure: FIGURE.cpuWithoutIdle },
    limit: 1.05,
    unit: 'ratio',
  },
  {
    ...ours,
    title: '1 million keys / 1,000 keys, CPU',
    scenario: SCENARIO.keys,
    figure: FIGURE.cpuManyKeys,
    by: { figure: FIGURE.cpuFewKeys },
    limit: 1.05,
    unit: 'ratio',
  },
  {
    ...ours,
    title: '1 million keys, memory a worker, more',
    scenario: SCENARIO.keys,
    figure: FIGURE.memoryManyKeys,
    limit: 64,
    unit: 'MB',
  },
  {
    ...ours,
    title: 'longest event-loop stall from a scrape of 10,000 series',
    scenario: SCENARIO.scrape,
    figure: FIGURE.scrapeStall,
    limit: 5,
    unit: 'ms',
  },
  { ...calls, title: 'system calls a JSON request, under load', figure: FIGURE.callsPerRequest, limit: 8 },
  { ...calls, title: 'system calls a JSON request, alone', figure: FIGURE.callsPerRequestAlone, limit: 8 },
  { ...calls, title: 'system calls a chunk, under load', figure: FIGURE.callsPerChunk, limit: 3 },
  { ...calls, title: 'system calls a chunk, alone', figure: FIGURE.callsPerChunkAlone, limit: 3 },
];

/** By the median. */
export function judge(goal: Goal, results: readonly ScenarioResult[]): Verdict {
  const result = results.find(({ scenario }) => scenario === goal.scenario);
  const value = result && read(goal, result);
  if (value === undefined) return { goal, state: 'not measured' };
  const met = goal.bound === 'at most' ? value.median <= goal.limit : value.median >= goal.limit;
  const band = goal.by?.arm === undefined ? undefined : bandOf(result!, goal.figure);
  return {
    goal,
    state: met ? 'met' : 'missed',
    value,
    ...(band !== undefined && { inBand: within(value.median, band) }),
  };
}

/** How much the reference's twin differs from it: the A/A band. */
export function bandOf(
  { reference, twin, arms }: Pick<ScenarioResult, 'reference' | 'twin' | 'arms'>,
  name: string,
): Spread | undefined {
  if (reference === undefined || twin === undefined) return undefined;
  const [first, second] = [reference, twin].map((arm) => figureOf({ arms }, arm, name));
  return first && second && ratioOf(second, first);
}

export function within(value: number, { min, max }: Spread): boolean {
  return value >= min && value <= max;
}

function read({ arm, figure, by }: Reading, result: ScenarioResult): Spread | undefined {
  const found = figureOf(result, arm, figure);
  if (found === undefined) return undefined;
  if (by === undefined) return spreadOf(found.values);
  const divisor = figureOf(result, by.arm ?? arm, by.figure ?? figure);
  return divisor && ratioOf(found, divisor);
}

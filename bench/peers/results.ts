import { type Spread, spread } from '../statistics.ts';

/**
 * What a scenario found out. Every scenario of the comparison gives one, whatever puts its load on; the report prints it
 * as a table with a row for each arm and a column for each figure, and the goals (goals.ts) look figures up in it by the
 * names of scenario, arm and figure.
 */
export interface ScenarioResult {
  /** As `--scenario` names it: `json`, `sse-burst`. */
  readonly scenario: string;
  /** The heading of its table. */
  readonly title: string;
  /** In the order of the rows. A value of round i of one arm stands beside that of round i of the others. */
  readonly arms: readonly ArmResult[];
  /** What ratios are told by, if there is something to compare: `nginx`. */
  readonly reference?: string;
  /** The reference started and measured a second time: its ratio to the reference is the A/A band. */
  readonly twin?: string;
  /** Rounds that were thrown away and repeated, or given up. */
  readonly voided: number;
  /** Arms that could not run here, with the reason. */
  readonly missing: readonly { readonly arm: string; readonly reason: string }[];
  /** What a reader of the table must know, a sentence each. */
  readonly notes: readonly string[];
}

export interface ArmResult {
  /** PeerArm's `name`: `nginx`, `ours`. */
  readonly arm: string;
  /** Empty for none. */
  readonly version: string;
  readonly figures: readonly Figure[];
}

export interface Figure {
  /** Unique within its arm, the same in all arms. Those that the goals read are in `FIGURE`. */
  readonly name: string;
  readonly unit: Unit;
  /**
   * One value for each round, undefined where the round is void; a single value for what is measured once. Ratios
   * between arms are taken round by round.
   */
  readonly values: readonly (number | undefined)[];
}

export type Unit = 'µs' | 'ms' | '1/s' | '%' | 'KB' | 'MB' | 'calls' | 'ratio';

/** The names of scenarios that the goals read. */
export const SCENARIO = {
  json: 'json',
  burst: 'sse-burst',
  paced: 'sse-paced',
  /** Open loop at a fixed rate, for added latency. */
  latency: 'latency',
  idle: 'idle-streams',
  keys: 'keys',
  scrape: 'scrape',
  systemCalls: 'system-calls',
} as const;

/** The names of figures that the goals read, with their units. */
export const FIGURE = {
  /** µs */
  cpuPerRequest: 'CPU a request',
  /** µs */
  cpuPerChunk: 'CPU a chunk',
  /** µs, of its processes only */
  databasePerRequest: 'database CPU a request',
  /** 1/s */
  rate: 'requests/s',
  /** %: of the core of load and upstream */
  loadBusy: 'load core busy',
  /** ms: time to the first byte through the arm less that of `direct`, p99, open loop */
  addedFirstByteP99: 'added time to first byte, p99',
  /** KB, of all processes of the arm */
  memoryPerIdleStream: 'memory an idle stream',
  /** µs: as `cpuPerRequest`, with and without 5,000 idle streams */
  cpuWithIdle: 'CPU a request, streams open',
  cpuWithoutIdle: 'CPU a request, none open',
  /** µs: as `cpuPerRequest`, with so many keys */
  cpuFewKeys: 'CPU a request, 1,000 keys',
  cpuManyKeys: 'CPU a request, 1,000,000 keys',
  /** MB: of a worker, with 1,000,000 keys in use less that with 1,000 */
  memoryManyKeys: 'memory a worker, more',
  /** ms: the longest that the event loop of a worker stood still while the metrics were scraped */
  scrapeStall: 'longest stall by a scrape',
  /** calls: of what comes so seldom that nothing is done for two at once, and of what comes in numbers */
  callsPerRequestAlone: 'system calls a JSON request, alone',
  callsPerRequest: 'system calls a JSON request, under load',
  callsPerChunkAlone: 'system calls a chunk, alone',
  callsPerChunk: 'system calls a chunk, under load',
} as const;

/** Of the rounds that count; undefined if none does. */
export function spreadOf(values: readonly (number | undefined)[]): Spread | undefined {
  const counted = values.filter((value) => value !== undefined);
  return counted.length === 0 ? undefined : spread(counted);
}

/** One figure by another, round by round; a round counts if both have a value in it. */
export function ratioOf(figure: Figure, by: Figure): Spread | undefined {
  return spreadOf(
    figure.values.map((value, round) => {
      const divisor = by.values[round];
      return value === undefined || divisor === undefined || divisor === 0 ? undefined : value / divisor;
    }),
  );
}

export function figureOf(
  { arms }: Pick<ScenarioResult, 'arms'>,
  arm: string,
  name: string,
): Figure | undefined {
  return arms.find((result) => result.arm === arm)?.figures.find((figure) => figure.name === name);
}

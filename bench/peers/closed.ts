import { setTimeout as delay } from 'node:timers/promises';
import { startCpuMeter } from '../cpu.ts';
import { MEASURED_CORE, OTHER_CORE, pinned } from '../program.ts';
import type { ArmUpstream, PeerArm } from './arm.ts';
import { askOf, checkEqual, fetchAnswer, type Prompt } from './ask.ts';
import { startCoreMeter } from './core.ts';
import { choose, REFERENCE, reasonOf, TWIN, withArms } from './kinds.ts';
import type { Mode } from './modes.ts';
import { type ArmResult, FIGURE, type Figure, type ScenarioResult } from './results.ts';
import { type Runner, runRounds } from './rounds.ts';
import type { Bench, Scenario } from './scenario.ts';
import { ANY_CLIENT } from './start.ts';
import { runWrk, type WrkResult } from './wrk.ts';

/** Requests in a closed loop, by wrk. */
export interface ClosedSpec {
  readonly name: string;
  readonly title: string;
  readonly mode: Mode;
  readonly prompt: Prompt;
  readonly connections: number;
  /** Between an answer and the next request: without it the fastest arms fill the core of the load. */
  readonly pauseMs: number;
  /** Of one measurement. */
  readonly seconds: number;
  /** By name; what is not here is not run. */
  readonly arms: readonly string[];
  /** An upstream in place of the bench's. */
  readonly startUpstream?: () => Promise<ArmUpstream & { stop(): Promise<void> }>;
}

interface ClosedSample extends WrkResult {
  readonly loadBusy: number;
  readonly measuredBusy: number;
  readonly cpuMicros: number;
  readonly databaseMicros: number | undefined;
}

const ROUNDS = 7;
/** Until V8 has compiled what is hot, and again what it guessed wrong: 3 to 6 s with ours. */
const WARM_UPS = 5;
/** Repeated measurements, for each round. */
const REPEATS = 4;
const PLAN = { warmUps: WARM_UPS, rounds: ROUNDS, repeatsMax: REPEATS * ROUNDS };
const QUICK = { warmUps: 1, rounds: 1, repeatsMax: 0, keepVoid: true };
/** Until the last usage rows of a round are in the database: their cost belongs to the round. */
const SETTLE_MS = 200;
/** With many connections a slow arm would answer only few requests on each, and the last one of each not at all. */
const SLOW = { arms: ['portkey'], connections: 8 };

export function closed(spec: ClosedSpec): Scenario {
  return {
    name: spec.name,
    title: spec.title,
    async run(bench) {
      const own = await spec.startUpstream?.();
      try {
        await bench.upstream.setMode(spec.mode);
        return await compare(spec, bench, own ?? bench.upstream);
      } finally {
        await own?.stop();
      }
    },
  };
}

async function compare(spec: ClosedSpec, bench: Bench, upstream: ArmUpstream): Promise<ScenarioResult> {
  return withArms(choose(bench.kinds, spec.arms), upstream, async (arms, missing) => {
    // Of another upstream too: it gives the same answer.
    const expected = await fetchAnswer(askOf({ ...ANY_CLIENT, url: bench.upstream.url }, spec.prompt));
    const equal: PeerArm[] = [];
    for (const arm of arms) {
      try {
        checkEqual(arm.name, await fetchAnswer(askOf(arm, spec.prompt)), expected);
        equal.push(arm);
      } catch (thrown) {
        missing.push({ arm: arm.name, reason: reasonOf(thrown) });
      }
    }
    const runners = equal.map((arm) => runnerOf(arm, spec, bench));
    const { samples, voided, failed } = await runRounds(runners, bench.quick ? QUICK : PLAN);
    const measured = equal.filter(({ name }) => samples.has(name));
    return {
      scenario: spec.name,
      title: spec.title,
      arms: measured.map((arm) => resultOf(arm, samples.get(arm.name)!, spec.mode)),
      ...(samples.has(REFERENCE) && { reference: REFERENCE }),
      ...(samples.has(TWIN) && { twin: TWIN }),
      voided,
      missing: [...missing, ...failed],
      notes: [describe(spec)],
    };
  });
}

function describe({ connections, pauseMs, seconds }: ClosedSpec): string {
  const pause = pauseMs > 0 ? `, each waits ${pauseMs} ms before it asks again (direct: at once)` : '';
  const slow = `${SLOW.arms.join(', ')}: ${SLOW.connections}`;
  return `Closed loop by wrk: ${connections} connections (${slow})${pause}; ${seconds} s a round.`;
}

function runnerOf(arm: PeerArm, spec: ClosedSpec, bench: Bench): Runner<ClosedSample> {
  const connections = SLOW.arms.includes(arm.name) ? SLOW.connections : spec.connections;
  const seconds = bench.quick ? 1 : spec.seconds;
  const isCeiling = arm.pids().length === 0;
  const pauseMs = isCeiling ? 0 : spec.pauseMs;
  const order = { ...askOf(arm, spec.prompt), connections, seconds, pauseMs };
  return {
    name: arm.name,
    ceiling: isCeiling || !pinned,
    async measure() {
      const cpu = startCpuMeter(arm.pids());
      const database = arm.databasePids && startCpuMeter(arm.databasePids());
      const [load, measured] = [startCoreMeter(OTHER_CORE), startCoreMeter(MEASURED_CORE)];
      const result = await runWrk(order);
      const busy = { loadBusy: load(), measuredBusy: measured() };
      await delay(SETTLE_MS);
      const { requests, refused, failed } = result;
      if (refused + failed > 0 || requests === 0) {
        throw new Error(`of ${requests} answers ${refused} were not 2xx, and ${failed} connections failed`);
      }
      return { ...result, ...busy, cpuMicros: cpu(), databaseMicros: database?.() };
    },
  };
}

type Read = (sample: ClosedSample) => number;

function resultOf(arm: PeerArm, samples: readonly (ClosedSample | undefined)[], mode: Mode): ArmResult {
  const figure = (name: string, unit: Figure['unit'], read: Read): Figure => ({
    name,
    unit,
    values: samples.map((sample) => sample && read(sample)),
  });
  const chunks = mode.kind === 'sse' ? mode.chunks : undefined;
  const cpu = arm.pids().length > 0;
  return {
    arm: arm.name,
    version: arm.version,
    figures: [
      ...(cpu ? [figure(FIGURE.cpuPerRequest, 'µs', (s) => s.cpuMicros / s.requests)] : []),
      ...(cpu && chunks !== undefined
        ? [figure(FIGURE.cpuPerChunk, 'µs', (s) => s.cpuMicros / s.requests / chunks)]
        : []),
      ...(arm.databasePids
        ? [figure(FIGURE.databasePerRequest, 'µs', (s) => s.databaseMicros! / s.requests)]
        : []),
      figure(FIGURE.rate, '1/s', (s) => s.requests / s.seconds),
      figure('p50, closed loop', 'ms', (s) => s.p50Ms),
      figure('p99, closed loop', 'ms', (s) => s.p99Ms),
      figure(FIGURE.loadBusy, '%', (s) => 100 * s.loadBusy),
      figure('measured core busy', '%', (s) => 100 * s.measuredBusy),
    ],
  };
}

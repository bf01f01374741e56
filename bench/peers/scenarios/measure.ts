import { setTimeout as delay } from 'node:timers/promises';
import { startCpuMeter } from '../../cpu.ts';
import type { PeerArm } from '../arm.ts';
import type { Load } from '../load/load.ts';
import { LOAD_BUSY_MAX } from '../rounds.ts';
import type { Bench } from '../scenario.ts';
import type { Sheet } from './sheet.ts';

/** Until the last usage rows are in the database: their cost belongs to what was measured. */
const SETTLE_MS = 200;

export interface Measured<T> {
  readonly result: T;
  /** Of the arm's processes. */
  readonly cpuMicros: number;
  readonly databaseMicros: number;
  readonly loadBusyPercent: number;
  /** Whether the load was light enough for the round to count. */
  readonly counts: boolean;
}

/** What is at work while a scenario runs. */
export interface Work {
  readonly bench: Bench;
  readonly load: Load;
  readonly sheet: Sheet;
}

/** The CPU time of all of an arm's processes while something runs. @param others loads beside the usual one */
export async function measure<T>(
  { bench, load, sheet }: Work,
  arm: PeerArm,
  run: () => Promise<T>,
  others: readonly Load[] = [],
): Promise<Measured<T>> {
  const cpu = startCpuMeter(arm.pids());
  const database = startCpuMeter(arm.databasePids?.() ?? []);
  const loadCpu = startCpuMeter([bench.upstream.pid, load.pid, ...others.map(({ pid }) => pid)]);
  const startMs = performance.now();
  const result = await run();
  const loadBusyPercent = loadCpu() / 10 / (performance.now() - startMs);
  await delay(SETTLE_MS);
  const counts = loadBusyPercent <= 100 * LOAD_BUSY_MAX;
  if (!counts) sheet.voided++;
  return { result, cpuMicros: cpu(), databaseMicros: database(), loadBusyPercent, counts };
}

/** Rounds of each arm that do not count: what compiles as it runs needs seconds. */
const WARM_UPS = 3;

/**
 * After the warm-up of each, which has no more rounds than count, each round all arms, in an order that rotates.
 * @returns the rounds of each
 */
export async function rotate<A, T>(
  arms: readonly A[],
  rounds: number,
  run: (arm: A) => Promise<T>,
): Promise<Map<A, T[]>> {
  for (const arm of arms) {
    for (let i = 0; i < Math.min(WARM_UPS, rounds); i++) await run(arm);
  }
  const results = new Map<A, T[]>(arms.map((arm) => [arm, []]));
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < arms.length; i++) {
      const arm = arms[(round + i) % arms.length]!;
      results.get(arm)!.push(await run(arm));
    }
  }
  return results;
}

/** One value for each round that counts. */
export function valuesOf<R extends { readonly counts: boolean }>(
  rounds: readonly R[],
  read: (round: R) => number,
): (number | undefined)[] {
  return rounds.map((round) => (round.counts ? read(round) : undefined));
}

/** Asks again and again. @returns the last answer: one that is good, or the one when time was up */
export async function poll<T>(
  ask: () => T | Promise<T>,
  isGood: (answer: T) => boolean,
  timeoutMs: number,
): Promise<T> {
  const until = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (isGood(answer) || performance.now() > until) return answer;
    await delay(50);
  }
}

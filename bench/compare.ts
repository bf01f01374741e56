import { setTimeout as delay } from 'node:timers/promises';
import type { Arm } from './arm.ts';
import { bodyOf, type Case, isWhole } from './case.ts';
import { startCpuMeter } from './cpu.ts';
import type { LoadOrder, LoadResult } from './load.ts';
import type { Program } from './program.ts';
import { type Spread, spread } from './statistics.ts';

/** What one arm did in all rounds of a case. */
export interface ArmResult {
  readonly name: string;
  readonly requestsPerSecond: Spread;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  readonly cpuMicrosPerRequest: Spread;
  readonly databaseMicrosPerRequest: Spread | undefined;
  /** Warm-up and probe included. */
  readonly sent: number;
  readonly good: number;
}

export interface Comparison {
  readonly case: Case;
  readonly first: ArmResult;
  readonly second: ArmResult;
  readonly rounds: number;
  /** CPU of the first by that of the second, round by round. */
  readonly cpuRatio: Spread;
}

type MeasuredArm = Arm & { databasePids?(): number[] };

interface Round extends LoadResult {
  readonly cpuMicros: number;
  readonly databaseMicros: number | undefined;
}

/** Until the last usage rows of a round are in the database: their cost belongs to the round. */
const SETTLE_MS = 200;
const PATHS = { chat: '/v1/chat/completions', messages: '/v1/messages' };

/** Sends the same load to both arms in turn, first the one first, then the other (A B B A …), after one round each that does not count. */
export async function compare(
  spec: Case,
  first: MeasuredArm,
  second: MeasuredArm,
  load: Program,
  rounds = spec.rounds,
): Promise<Comparison> {
  const a = await Runner.open(spec, first, load);
  const b = await Runner.open(spec, second, load);
  for (const runner of [a, b]) await runner.run(spec.amount);
  for (let round = 0; round < rounds; round++) {
    for (const runner of round % 2 === 0 ? [a, b] : [b, a]) runner.rounds.push(await runner.run(spec.amount));
  }
  const cpuRatio = spread(a.rounds.map(({ cpuMicros }, i) => cpuMicros / b.rounds[i]!.cpuMicros));
  return { case: spec, first: a.result(), second: b.result(), rounds, cpuRatio };
}

/** One arm in one case. */
export class Runner {
  readonly rounds: Round[] = [];
  readonly #arm: MeasuredArm;
  readonly #load: Program;
  readonly #order: Omit<LoadOrder, 'amount'>;
  // The probe.
  #sent = 1;
  #good = 1;

  private constructor(arm: MeasuredArm, load: Program, order: Omit<LoadOrder, 'amount'>) {
    this.#arm = arm;
    this.#load = load;
    this.#order = order;
  }

  /** Sends one request and looks closely at its answer; all others must have its length and end. */
  static async open(spec: Case, arm: MeasuredArm, load: Program): Promise<Runner> {
    const url = arm.url + PATHS[arm.api];
    const body = bodyOf(spec, arm);
    const { connections } = spec;
    const headers = { ...arm.headers, 'content-type': 'application/json', accept: '*/*' };
    const response = await fetch(url, { method: 'POST', headers, body });
    const text = await response.text();
    if (response.status !== 200 || !isWhole(spec, arm, text)) {
      throw new Error(`${arm.name} does not answer as it should: ${response.status} ${text.slice(0, 1_000)}`);
    }
    const expected = { length: text.length, end: text.slice(-8) };
    return new Runner(arm, load, { url, headers, body, connections, expected });
  }

  async run(amount: number): Promise<Round> {
    const { pids, databasePids } = this.#arm;
    const cpu = startCpuMeter(pids);
    const databaseCpu = databasePids && startCpuMeter(databasePids());
    const result = await this.#load.ask<LoadResult>({ ...this.#order, amount });
    await delay(SETTLE_MS);
    const micros = { cpuMicros: cpu(), databaseMicros: databaseCpu?.() };
    this.#sent += result.sent;
    this.#good += result.good;
    if (result.good !== amount) {
      throw new Error(`${this.#arm.name}: ${amount - result.good} of ${amount} answers were not whole`);
    }
    return { ...result, ...micros };
  }

  result(): ArmResult {
    const over = (read: (round: Round) => number): Spread => spread(this.rounds.map(read));
    return {
      name: this.#arm.name,
      requestsPerSecond: over(({ sent, seconds }) => sent / seconds),
      p50Ms: over(({ p50Ms }) => p50Ms),
      p99Ms: over(({ p99Ms }) => p99Ms),
      cpuMicrosPerRequest: over(({ cpuMicros, sent }) => cpuMicros / sent),
      databaseMicrosPerRequest:
        this.rounds[0]?.databaseMicros === undefined
          ? undefined
          : over(({ databaseMicros, sent }) => databaseMicros! / sent),
      sent: this.#sent,
      good: this.#good,
    };
  }
}

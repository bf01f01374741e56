import { setTimeout as pause } from 'node:timers/promises';
import type { TestServer } from '../test/fixtures/server.ts';
import { wrongAnswers } from './answers.ts';
import { readBooks } from './books.ts';
import { type Case, NotRun } from './case.ts';
import { Load } from './load.ts';
import { Rig } from './rig.ts';
import { wrongRows, wrongSums } from './rules.ts';
import { recovery, settled } from './settle.ts';

export interface Scale {
  /** Requests of a case with a share of 1. */
  readonly amount: number;
  readonly rounds: number;
  readonly outageMs: number;
}

export const FULL: Scale = { amount: 4_000, rounds: 3, outageMs: 15_000 };
export const SHORT: Scale = { amount: 400, rounds: 1, outageMs: 3_000 };

/** One line of the table. */
export interface Result {
  readonly case: Case;
  /** Those that clients sent. */
  readonly requests: number;
  /** Those that an upstream received. */
  readonly received: number;
  readonly rows: number;
  readonly aside: number;
  readonly lost: number;
  readonly doubled: number;
  /** Undefined: it did not recover, or the case was not run. */
  readonly seconds: number | undefined;
  /** What is wrong. Empty: all is well. */
  readonly problems: readonly string[];
  readonly notes: readonly string[];
  /** Why the case was not run. */
  readonly notRun?: string;
}

const QUICK_CLIENTS = 12;
const PACED_CLIENTS = 16;
/** The fault comes when so much of the load is through, and streams are in their middle. */
const LEAD = 0.3;
const LEAD_MS = 1_500;

/** Runs one case on a gateway and a database of its own. Never rejects, whatever the case does. */
export async function runCase(
  spec: Case,
  server: TestServer,
  database: string,
  scale: Scale,
): Promise<Result> {
  const none = { requests: 0, received: 0, rows: 0, aside: 0, lost: 0, doubled: 0, seconds: undefined };
  const notes: string[] = [];
  let rig: Rig | undefined;
  let load: Load | undefined;
  let brokenOff = false;
  try {
    rig = await Rig.build(server, database);
    running.add(rig);
    await rig.start((await spec.prepare?.(rig)) ?? {});
    const { kinds = [], share = 1, pauseMs = 0 } = spec;
    load = new Load({
      url: rig.url,
      token: await rig.createKey(),
      quickClients: QUICK_CLIENTS,
      pacedClients: PACED_CLIENTS,
      kinds,
      pauseMs,
    });
    const amount = Math.round(scale.amount * share);
    load.start();
    await Promise.all([load.reached(amount * LEAD), pause(LEAD_MS)]);
    await spec.act({ rig, load, ...scale, amount, note: (text) => notes.push(text) });
    const seconds = await recovery(rig, load);
    await load.reached(amount);
    await load.stop();
    const unsettled = await settled(rig);
    const { code, signal } = await rig.stop();

    const evidence = await readBooks(rig, load.sent);
    const { lost, doubled } = evidence;
    const tolerance = spec.tolerance ?? {};
    const problems = [
      ...(seconds === undefined ? ['it did not recover in time'] : []),
      ...(unsettled === undefined ? [] : [unsettled]),
      ...(code === 0 ? [] : [`the gateway ended with ${code ?? signal}`]),
      ...lost.map((id) => `request ${id}: no row`),
      ...doubled.map((id) => `request ${id}: more rows than one`),
      ...wrongSums(evidence),
      ...wrongRows(evidence, tolerance),
      ...wrongAnswers(evidence, tolerance),
      ...(spec.check?.(evidence) ?? []),
    ];
    return {
      case: spec,
      requests: evidence.sent.length,
      received: evidence.entries.size,
      rows: evidence.rows.length,
      aside: evidence.aside.size,
      lost: lost.length,
      doubled: doubled.length,
      seconds,
      problems,
      notes,
    };
  } catch (error) {
    const { message } = error as Error;
    brokenOff = true;
    if (error instanceof NotRun) return { case: spec, ...none, problems: [], notes, notRun: message };
    return {
      case: spec,
      ...none,
      requests: load?.sent.length ?? 0,
      problems: [`broken off: ${message}`],
      notes,
    };
  } finally {
    await rig?.remove().catch(() => {});
    await load?.stop();
    if (rig !== undefined) await spec.cleanUp?.(rig);
    if (rig !== undefined) running.delete(rig);
    // Whatever the case still holds of the server is lost with its connections.
    if (brokenOff) await server.heal().then(() => server.stop());
    await server.heal();
  }
}

const running = new Set<Rig>();

/** For a run that is broken off: ends what is up. */
export async function abandon(): Promise<void> {
  await Promise.all([...running].map((rig) => rig.remove().catch(() => {})));
}

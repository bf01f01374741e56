import type { Environment } from '../test/fixtures/program.ts';
import type { Evidence } from './books.ts';
import type { Kind } from './kinds.ts';
import type { Load } from './load.ts';
import type { Rig } from './rig.ts';

/** What a case works with while it breaks things. */
export interface Scene {
  readonly rig: Rig;
  readonly load: Load;
  /** Requests that this case is to see in all. */
  readonly amount: number;
  /** How often a cheap fault is committed. */
  readonly rounds: number;
  /** How long an outage lasts. */
  readonly outageMs: number;
  /** Something that the run should tell beside the table. */
  note(text: string): void;
}

/** What clients may see of it. Whatever is not named here is a failure of the gateway. */
export interface Tolerance {
  /** Worker processes die: their answers are cut, and their rows say `crashed`. */
  readonly kills?: boolean;
  /** Listeners close: requests on their way to them are never answered. None is cut in mid-answer. */
  readonly restarts?: boolean;
  /** Error statuses of the gateway's own. */
  readonly statuses?: readonly number[];
}

/** One line of the matrix. */
export interface Case {
  /** For the command line. */
  readonly name: string;
  readonly fault: string;
  /** For the table. */
  readonly expected: string;
  readonly tolerance?: Tolerance;
  /** Whether it is in the short form. */
  readonly short?: boolean;
  /** Requests that belong to the fault itself: every second one of the quick clients. */
  readonly kinds?: readonly Kind[];
  /** How much of the usual load it takes; default 1. */
  readonly share?: number;
  /** How long a quick client waits between two requests, in milliseconds; default 0. */
  readonly pauseMs?: number;
  /** Before the gateway starts. @returns settings of its own @throws {NotRun} */
  prepare?(rig: Rig): Promise<Environment> | Environment;
  /** Commits the fault under load, and resolves when it has ended. */
  act(scene: Scene): Promise<void>;
  /** What else must hold. @returns what does not */
  check?(evidence: Evidence): readonly string[];
  /** Undoes what `prepare` and `act` left behind outside of the rig, whatever happened. */
  cleanUp?(rig: Rig): Promise<void>;
}

/** This machine cannot do what the case needs. */
export class NotRun extends Error {}

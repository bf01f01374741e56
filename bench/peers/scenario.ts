import type { ArmKind } from './arm.ts';
import type { Mock } from './mock.ts';
import type { ScenarioResult } from './results.ts';

/** What a scenario is given. What it starts it also stops, whatever happens. */
export interface Bench {
  readonly upstream: Mock;
  /** Those that the person who runs the bench wants, of all that there are; a scenario takes from them by name. */
  readonly kinds: readonly ArmKind[];
  /** Fewer and shorter rounds: figures that show that it works, and little else. */
  readonly quick: boolean;
  /** One line of progress. */
  say(text: string): void;
}

export interface Scenario {
  /** As `--scenario` names it. */
  readonly name: string;
  readonly title: string;
  run(bench: Bench): Promise<ScenarioResult>;
}

import { Load } from '../load/load.ts';
import type { ScenarioResult } from '../results.ts';
import type { Bench, Scenario } from '../scenario.ts';
import type { Work } from './measure.ts';
import { Sheet } from './sheet.ts';

/** A scenario whose load is the client of `load/`. @param reference the arm that ratios are told by */
export function scenario(
  name: string,
  title: string,
  run: (work: Work) => Promise<void>,
  reference?: string,
): Scenario {
  return {
    name,
    title,
    async run(bench: Bench): Promise<ScenarioResult> {
      const sheet = new Sheet({ name, title }, reference);
      const load = new Load();
      try {
        await run({ bench, load, sheet });
      } finally {
        await load.stop();
      }
      return sheet.result();
    },
  };
}

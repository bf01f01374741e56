import type { PeerArm } from '../arm.ts';
import type { ArmResult, Figure, ScenarioResult, Unit } from '../results.ts';
import type { Scenario } from '../scenario.ts';

/** Collects what a scenario found out. */
export class Sheet {
  /** Rounds that do not count, because the load was not light enough. */
  voided = 0;
  readonly notes: string[] = [];
  readonly missing: { readonly arm: string; readonly reason: string }[] = [];
  readonly #scenario: Pick<Scenario, 'name' | 'title'>;
  readonly #reference: string | undefined;
  readonly #arms = new Map<string, ArmResult & { readonly figures: Figure[] }>();

  /** @param reference the arm that ratios are told by */
  constructor({ name, title }: Pick<Scenario, 'name' | 'title'>, reference?: string) {
    this.#scenario = { name, title };
    this.#reference = reference;
  }

  /** @param values one for each round */
  add(
    { name: arm, version }: Pick<PeerArm, 'name' | 'version'>,
    name: string,
    unit: Unit,
    values: Figure['values'],
  ): void {
    let result = this.#arms.get(arm);
    if (result === undefined) {
      result = { arm, version, figures: [] };
      this.#arms.set(arm, result);
    }
    result.figures.push({ name, unit, values });
  }

  result(): ScenarioResult {
    const { name: scenario, title } = this.#scenario;
    const arms = [...this.#arms.values()];
    const { voided, missing, notes } = this;
    const base = { scenario, title, arms, voided, missing, notes };
    return this.#reference === undefined ? base : { ...base, reference: this.#reference };
  }
}

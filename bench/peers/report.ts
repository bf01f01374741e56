import type { Spread } from '../statistics.ts';
import { bandOf, type Goal, goals, judge, type Verdict, within } from './goals.ts';
import {
  type ArmResult,
  FIGURE,
  type Figure,
  figureOf,
  ratioOf,
  type ScenarioResult,
  spreadOf,
  type Unit,
} from './results.ts';
import { LOAD_BUSY_MAX } from './rounds.ts';

export interface Run {
  readonly results: readonly ScenarioResult[];
  /** Scenarios that threw. */
  readonly failed: readonly { readonly scenario: string; readonly reason: string }[];
  readonly quick: boolean;
  readonly minutes: number;
  /** Of the machine, and of what was measured on it, a line each. */
  readonly circumstances: readonly string[];
}

/** On the goals of the scenarios that were run. */
export function verdictsOf({ results, failed }: Pick<Run, 'results' | 'failed'>): Verdict[] {
  const run = new Set([...results, ...failed].map(({ scenario }) => scenario));
  return goals.filter(({ scenario }) => run.has(scenario)).map((goal) => judge(goal, results));
}

/** Scenarios of which no round of any arm counts: what is measured once or beside the load may be there all the same. */
export function unmeasuredIn(results: readonly ScenarioResult[]): ScenarioResult[] {
  const isVoid = ({ values }: Figure) => values.every((value) => value === undefined);
  return results.filter(({ arms }) => arms.every(({ figures }) => figures.some(isVoid)));
}

/** RESULTS.md. */
export function render({ results, failed, quick, minutes, circumstances }: Run): string {
  const verdicts = verdictsOf({ results, failed });
  const count = (state: Verdict['state']) => verdicts.filter((verdict) => verdict.state === state).length;
  return `# The gateway and its peers

Written by \`npm run bench -- peers\` on ${new Date().toISOString().slice(0, 10)}, in ${minutes.toFixed(1)} minutes. How it measures: [README.md](../README.md). ${quick ? '**A quick run: its rounds are too few and too short to compare by, and void ones are shown.**' : ''}

${circumstances.map((line) => `- ${line}`).join('\n')}

# Goals

${count('met')} met, ${count('missed')} missed, ${count('not measured')} not measured. A value is the median of the rounds (of the ratios of each round), with the least and the greatest.
${emptiness(results)}
| | goal | measured | |
|---|---|---|---|
${verdicts.map(goalRow).join('\n')}

# Scenarios

CPU is that of all of an arm's processes. \`/ nginx\` is the median of the ratios of each round, with the least and the greatest; it counts only if it lies outside of the A/A band: the same ratio for nginx, started and measured a second time.
${results.map(section).join('')}${failed.map(({ scenario, reason }) => `\n## ${scenario}\n\nCould not be measured: ${reason}\n`).join('')}`;
}

function emptiness(results: readonly ScenarioResult[]): string {
  const names = unmeasuredIn(results).map(({ scenario }) => `\`${scenario}\``);
  if (names.length === 0) return '';
  return `\n**Nothing was measured in ${names.join(', ')}: every round was void, or no arm could run.**\n`;
}

function goalRow({ goal, state, value, inBand }: Verdict): string {
  const measured = value === undefined ? '' : show(value, goal.unit);
  const band = inBand ? ', in the A/A band' : '';
  return `| ${[goal.title, limits(goal), measured, `${state}${band}`].join(' | ')} |`;
}

function limits({ bound, limit, later, unit }: Goal): string {
  const sign = bound === 'at most' ? '<=' : '>=';
  const next = later === undefined ? '' : `, then ${sign} ${later}`;
  return `${sign} ${limit}${unit === 'ratio' ? '' : ` ${unit}`}${next}`;
}

function section(result: ScenarioResult): string {
  const { title, arms, voided, missing, notes, reference } = result;
  const columns = columnsOf(arms);
  const compared =
    columns.find(({ unit }) => unit === 'µs') ??
    columns.find(({ name }) => name === FIGURE.addedFirstByteP99);
  const lines = arms.map((arm) => {
    const cells = columns.map(({ name, unit }) => {
      const figure = figureOf(result, arm.arm, name);
      return figure === undefined ? '' : cell(figure, unit);
    });
    const ratio = compared ? ratioCell(result, arm, compared.name) : '';
    return `| ${[arm.arm, ratio, ...cells, counted(arm)].join(' | ')} |`;
  });
  const heads = columns.map(({ name, unit }) => (PLAIN.has(unit) ? name : `${name}, ${unit}`));
  const ratioHead = compared && reference ? `${compared.name} / ${reference}` : '';
  return `
## ${title}

| | ${[ratioHead, ...heads, 'rounds'].join(' | ')} |
|${'---|'.repeat(heads.length + 3)}
${lines.join('\n')}

${[
  ...notes,
  ...(voided > 0
    ? [`${voided} measurements were void: the load's core was over ${100 * LOAD_BUSY_MAX} % busy.`]
    : []),
  ...missing.map(({ arm, reason }) => `Not here: ${arm} (${reason}).`),
]
  .map((note) => `- ${note}`)
  .join('\n')}
`;
}

/** Their names say it all. */
const PLAIN: ReadonlySet<Unit> = new Set<Unit>(['ratio', '1/s', 'calls']);

/** Every figure that any arm has, in the order of the arm that has most of them. */
function columnsOf(arms: readonly ArmResult[]): Pick<Figure, 'name' | 'unit'>[] {
  const columns = new Map<string, Pick<Figure, 'name' | 'unit'>>();
  const fullest = [...arms].sort((a, b) => b.figures.length - a.figures.length);
  for (const { figures } of fullest) for (const figure of figures) columns.set(figure.name, figure);
  return [...columns.values()];
}

function ratioCell(result: ScenarioResult, { arm }: ArmResult, name: string): string {
  const { reference, twin } = result;
  if (reference === undefined || arm === reference) return '';
  const [figure, base] = [figureOf(result, arm, name), figureOf(result, reference, name)];
  const ratio = figure && base && ratioOf(figure, base);
  if (ratio === undefined) return '';
  const band = bandOf(result, name);
  const remark = arm === twin ? ', the A/A band' : band && within(ratio.median, band) ? ', in the band' : '';
  return `${show(ratio, 'ratio')}${remark}`;
}

function cell({ values }: Figure, unit: Unit): string {
  const value = spreadOf(values);
  return value === undefined ? 'void' : show(value, unit);
}

/** Rounds that count, where some do not: `5 of 7`. */
function counted({ figures }: ArmResult): string {
  const all = Math.max(0, ...figures.map(({ values }) => values.length));
  const least = Math.min(
    ...figures
      .filter(({ values }) => values.length === all)
      .map(({ values }) => values.filter((value) => value !== undefined).length),
  );
  return least < all ? `${least} of ${all}` : String(all);
}

function show({ median, min, max }: Spread, unit: Unit): string {
  const digits =
    unit === '1/s' || unit === '%' ? 0 : Math.abs(median) >= 1_000 ? 0 : unit === 'ratio' ? 2 : 1;
  const [m, from, to] = [median, min, max].map((value) => value.toFixed(digits));
  return min === max ? m! : `${m} (${from} to ${to})`;
}

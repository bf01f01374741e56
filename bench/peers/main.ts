// `npm run bench -- peers`: the gateway beside its peers. Prints and writes bench/peers/RESULTS.md; `--quick` and a part
// of the scenarios or arms only print.
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../../src/core/paths.ts';
import type { ArmKind } from './arm.ts';
import { circumstances } from './circumstances.ts';
import { kinds, reasonOf } from './kinds.ts';
import { Mock } from './mock.ts';
import { type Run, render, unmeasuredIn, verdictsOf } from './report.ts';
import type { ScenarioResult } from './results.ts';
import type { Scenario } from './scenario.ts';
import { calls } from './scenarios/calls.ts';
import { closedScenarios } from './scenarios/closed.ts';
import { streamScenarios } from './scenarios/index.ts';

const FOLDER = join(packageRoot, 'bench', 'peers');

const scenarios: readonly Scenario[] = [...closedScenarios, ...streamScenarios, calls];

/** @param args after `peers` @param say one line of progress */
export async function comparePeers(args: readonly string[], say: (text: string) => void): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      list: { type: 'boolean', default: false },
      scenario: { type: 'string', multiple: true },
      arms: { type: 'string', multiple: true },
    },
  });
  if (values.list) {
    for (const { name, title } of scenarios) console.log(`${name.padEnd(14)} ${title}`);
    console.log(`\narms: ${kinds.map(({ name }) => `"${name}"`).join(' ')}`);
    return;
  }
  const wanted = pick('scenario', scenarios, values.scenario);
  const arms = pick('arm', kinds, values.arms);
  install(say);

  const startedAt = performance.now();
  const { results, failed } = await run(wanted, arms, values.quick, say);
  const report = render({
    results,
    failed,
    quick: values.quick,
    minutes: (performance.now() - startedAt) / 60_000,
    circumstances: circumstances(results),
  });
  process.stdout.write(report);
  const whole = wanted.length === scenarios.length && arms.length === kinds.length;
  if (whole && !values.quick) writeFileSync(join(FOLDER, 'RESULTS.md'), report);
  const empty = unmeasuredIn(results);
  for (const { scenario } of empty) say(`${scenario}: nothing was measured`);
  // Nor is a goal met of which every round was void. Of a part of the arms some goals cannot be.
  const unjudged = verdictsOf({ results, failed }).some(({ state }) => state === 'not measured');
  const unmeasured = empty.length > 0 || (unjudged && arms.length === kinds.length);
  if (failed.length > 0 || unmeasured) process.exitCode = 1;
}

async function run(
  wanted: readonly Scenario[],
  arms: readonly ArmKind[],
  quick: boolean,
  say: (text: string) => void,
): Promise<Pick<Run, 'results' | 'failed'>> {
  const results: ScenarioResult[] = [];
  const failed: { scenario: string; reason: string }[] = [];
  const upstream = await Mock.start();
  try {
    for (const scenario of wanted) {
      say(scenario.title);
      try {
        results.push(await scenario.run({ upstream, kinds: arms, quick, say }));
      } catch (thrown) {
        failed.push({ scenario: scenario.name, reason: reasonOf(thrown) });
        say(`${scenario.name}: ${reasonOf(thrown)}`);
      }
    }
  } finally {
    await upstream.stop();
  }
  return { results, failed };
}

/** Those that are named, also with commas between them; all if none is. @throws on a name that there is not */
function pick<T extends { readonly name: string }>(
  what: string,
  all: readonly T[],
  names?: readonly string[],
): T[] {
  const known = (name: string) => all.some((each) => each.name === name);
  // Some names have a comma in them.
  const wanted = names?.flatMap((name) =>
    known(name) ? [name] : name.split(',').map((part) => part.trim()),
  );
  const unknown = wanted?.find((name) => !known(name));
  if (unknown !== undefined) {
    throw new Error(`No ${what} is called ${unknown}; there are: ${all.map(({ name }) => name).join('; ')}`);
  }
  return all.filter(({ name }) => wanted?.includes(name) ?? true);
}

/** The peers that are Node packages, as their lock file says. Without them their arms are told as missing. */
function install(say: (text: string) => void): void {
  if (existsSync(join(FOLDER, 'node_modules'))) return;
  say('npm ci in bench/peers, for the peers that are Node packages');
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], {
    cwd: FOLDER,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) say('npm ci failed');
}

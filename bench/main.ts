// `npm run bench`: the whole gateway against the bare relay, side by side, and the small claims of the docstrings.
// Writes bench/RESULTS.md. `--quick` takes less than 40 s and writes nothing. `npm run bench -- peers`: peers/main.ts.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { packageRoot } from '../src/core/paths.ts';
import { pairs, startBare, startFull } from './arm.ts';
import { BURST_CASE, type Case, JSON_CASE, LIGHT_CASE, PACED_CASE } from './case.ts';
import { type Comparison, compare } from './compare.ts';
import type { MicroResult } from './micro/micro.ts';
import { comparePeers } from './peers/main.ts';
import { MEASURED_CORE, OTHER_CORE, Program } from './program.ts';
import { render } from './report.ts';
import { type Waits, withWaits } from './waits.ts';

const [subject, ...rest] = process.argv.slice(2);
const peers = subject === 'peers';
const { values } = parseArgs({
  args: peers ? [] : process.argv.slice(2),
  options: { quick: { type: 'boolean', default: false } },
});
const share = values.quick ? 0.2 : 1;
const roundsOf = ({ rounds }: Case): number => Math.max(2, Math.round(rounds * share));

const startedAt = performance.now();
const say = (text: string): void => {
  const seconds = Math.round((performance.now() - startedAt) / 1e3);
  process.stderr.write(`${String(seconds).padStart(4)} s  ${text}\n`);
};

/** What to let go of in the end, whatever happens. Stopping twice does no harm. */
const stops: (() => Promise<void>)[] = [];
const keep = <T extends { stop(): Promise<void> }>(resource: T): T => {
  stops.push(() => resource.stop());
  return resource;
};

// Then the programs are stopped too.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

try {
  await (peers ? comparePeers(rest, say) : run());
} finally {
  await Promise.all(stops.map((stop) => stop()));
}

async function run(): Promise<void> {
  const simulator = keep(new Program('../sim/main.js', OTHER_CORE, ['--entries', '0']));
  const upstreamUrl = (JSON.parse(await simulator.firstLine()) as { url: string }).url;
  const load = keep(new Program('./load.js', OTHER_CORE));
  const full = keep(await startFull(upstreamUrl));
  const bare = keep(await startBare(upstreamUrl));
  say(`${full.engine} is up`);

  const comparisons: Comparison[] = [];
  const waits: Waits[] = [];
  for (const spec of [JSON_CASE, LIGHT_CASE, BURST_CASE, PACED_CASE]) {
    say(spec.title);
    const run = () => compare(spec, full, bare, load, roundsOf(spec));
    const [comparison, waited] = await withWaits(full, spec.title, run);
    comparisons.push(comparison);
    waits.push(waited);
  }
  const sent = comparisons.reduce((sum, { first }) => sum + first.sent, 0);
  const rows = await full.countRows();
  await full.stop();

  const both = keep(await startFull(upstreamUrl, [], { ANTIGRAVITY: 'anthropic', GHCP: 'openai' }));
  const translations: Comparison[] = [];
  for (const { direct, translated } of Object.values(pairs(both))) {
    for (const spec of [JSON_CASE, BURST_CASE]) {
      say(`${translated.name}: ${spec.title}`);
      translations.push(await compare(spec, translated, direct, load, roundsOf(spec)));
    }
  }
  await both.stop();

  say('burst: one write a turn, and one a chunk');
  const eager = keep(await startBare(upstreamUrl, 'a write a chunk', ['--write', 'chunk']));
  const burst = await compare(BURST_CASE, eager, bare, load, roundsOf(BURST_CASE));
  await Promise.all([eager.stop(), bare.stop(), load.stop()]);

  say('micro cases');
  const micro = keep(new Program('./micro/main.js', MEASURED_CORE, [upstreamUrl]));
  const micros = await micro.ask<MicroResult[]>({ share });

  const report = render({
    comparisons,
    waits,
    translations,
    burst,
    micros,
    sent,
    rows,
    engine: full.engine,
    startedAt,
  });
  process.stdout.write(report);
  if (!values.quick) writeFileSync(join(packageRoot, 'bench', 'RESULTS.md'), report);
  if (rows.rows !== sent || rows.whole !== sent) {
    say(`${sent} requests, but ${rows.rows} rows, ${rows.whole} of them completed and reported`);
    process.exitCode = 1;
  }
  say('done');
}

// Where the CPU time goes: `node .build/bench/profile.js json` (or sse-burst, sse-paced) after a build. Prints the
// self times of the worker and of the bare relay, in µs a request, by part and by function.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Arm, startBare, startFull } from './arm.ts';
import { BURST_CASE, JSON_CASE, PACED_CASE } from './case.ts';
import { Runner } from './compare.ts';
import { startCpuMeter } from './cpu.ts';
import { OTHER_CORE, Program } from './program.ts';

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  /** µs on the monotonic clock, which all processes share. */
  readonly startTime: number;
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const WARM_UP_ROUNDS = 3;
const ROUNDS = 8;
const FUNCTIONS_SHOWN = 45;

const spec = [JSON_CASE, BURST_CASE, PACED_CASE].find(({ name }) => name === (process.argv[2] ?? 'json'))!;
const simulator = new Program('../sim/main.js', OTHER_CORE, ['--entries', '0']);
const upstreamUrl = (JSON.parse(await simulator.firstLine()) as { url: string }).url;
const load = new Program('./load.js', OTHER_CORE);
await profile((execArgv) => startBare(upstreamUrl, 'bare', [], execArgv));
await profile((execArgv) => startFull(upstreamUrl, execArgv));
await Promise.all([simulator.stop(), load.stop()]);

async function profile(start: (execArgv: string[]) => Promise<Arm>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'apipod-profile-'));
  const arm = await start(['--cpu-prof', `--cpu-prof-dir=${folder}`, '--cpu-prof-interval=250']);
  const runner = await Runner.open(spec, arm, load);
  for (let round = 0; round < WARM_UP_ROUNDS; round++) await runner.run(spec.amount);
  const fromMicros = Number(process.hrtime.bigint() / 1_000n);
  const meters = arm.pids.map((pid) => startCpuMeter([pid]));
  for (let round = 0; round < ROUNDS; round++) await runner.run(spec.amount);
  const cpu = meters.map((micros) => micros());
  const toMicros = Number(process.hrtime.bigint() / 1_000n);
  await arm.stop();
  const requests = ROUNDS * spec.amount;
  for (const file of readdirSync(folder)) {
    const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile;
    const i = arm.pids.findIndex((pid) => file.includes(`.${pid}.`));
    console.log(`\n== ${arm.name}, process ${i}: CPU ${(cpu[i]! / requests).toFixed(1)} µs a request`);
    console.log(summarize(profile, fromMicros, toMicros, requests));
  }
  rmSync(folder, { recursive: true });
}

function summarize(profile: Profile, fromMicros: number, toMicros: number, requests: number): string {
  const { nodes, samples, timeDeltas } = profile;
  const micros = new Map<number, number>();
  let at = profile.startTime;
  samples.forEach((id, i) => {
    const delta = timeDeltas[i]!;
    at += delta;
    if (at > fromMicros && at < toMicros) micros.set(id, (micros.get(id) ?? 0) + delta);
  });
  const parts = new Map<string, number>();
  const functions = new Map<string, number>();
  for (const { id, callFrame } of nodes) {
    const self = (micros.get(id) ?? 0) / requests;
    if (callFrame.functionName === '(idle)') continue;
    const part = partOf(callFrame.url, callFrame.functionName);
    const place = `${callFrame.functionName || '(anonymous)'} ${callFrame.url.replace(/.*\/(dist|\.build|node_modules|node:)/, '')}:${callFrame.lineNumber + 1}`;
    parts.set(part, (parts.get(part) ?? 0) + self);
    functions.set(place, (functions.get(place) ?? 0) + self);
  }
  const total = [...parts.values()].reduce((sum, value) => sum + value, 0);
  parts.set('all', total);
  return [table(parts, 20), table(functions, FUNCTIONS_SHOWN)].join('\n\n');
}

function partOf(url: string, name: string): string {
  if (url.includes('node_modules/')) return /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)![1]!;
  if (url.startsWith('node:')) return 'node (JavaScript)';
  if (url.startsWith('file:')) return 'src';
  return name === '(garbage collector)' || name === '(program)' ? name : 'native, called from JavaScript';
}

function table(micros: ReadonlyMap<string, number>, rows: number): string {
  const sorted = [...micros].sort(([, a], [, b]) => b - a).slice(0, rows);
  return sorted.map(([name, value]) => `${value.toFixed(2).padStart(8)}  ${name}`).join('\n');
}

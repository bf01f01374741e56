// `npm run faults`: breaks a running gateway in every way of the matrix, under load, and holds its usage rows against
// the books of the simulated upstreams. Writes faults/RESULTS.md. With names: only those cases, and nothing is written.
// Options: --short (few cases, few requests), --list, --minutes (how long the case `outage` lasts).
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { packageRoot } from '../src/core/paths.ts';
import { runServer } from '../test/fixtures/server.ts';
import { CASES } from './cases/index.ts';
import { abandon, FULL, type Result, runCase, SHORT } from './run.ts';
import { details, isOk, report, table, verdict } from './table.ts';

/** Of a whole run, and of the short form. An outage of an operator's own choice comes on top. */
const DEADLINE_MS = 15 * 60_000;
const SHORT_DEADLINE_MS = 3 * 60_000;
const CLEAN_UP_TIMEOUT_MS = 10_000;
const REQUESTS_MIN = 100_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    short: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    minutes: { type: 'string' },
  },
});

const startedAt = performance.now();
const say = (text: string): void => {
  const seconds = Math.round((performance.now() - startedAt) / 1e3);
  process.stderr.write(`${String(seconds).padStart(4)} s  ${text}\n`);
};

if (values.list) {
  for (const { name, fault, expected } of CASES) console.log(`${name}: ${fault}; ${expected}`);
} else {
  await run();
}

async function run(): Promise<void> {
  const unknown = positionals.filter((name) => !CASES.some((spec) => spec.name === name));
  if (unknown.length > 0) throw new Error(`There is no case ${unknown.join(', ')}; see --list.`);
  const cases = CASES.filter(({ name, short = false }) =>
    positionals.length > 0 ? positionals.includes(name) : short || !values.short,
  );
  const outageMs = values.minutes === undefined ? undefined : Number(values.minutes) * 60_000;
  const scale = { ...(values.short ? SHORT : FULL), ...(outageMs !== undefined && { outageMs }) };
  const limitMs = values.short ? SHORT_DEADLINE_MS : DEADLINE_MS;
  const results: Result[] = [];
  const server = await runServer();
  const breakOff = async (why: string): Promise<never> => {
    say(why);
    console.log(`${table(results)}\n\n${details(results)}`);
    // What is still up then goes with this process.
    await Promise.race([abandon().then(() => server.remove()), pause(CLEAN_UP_TIMEOUT_MS)]);
    process.exit(1);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => void breakOff(`broken off by ${signal}`));
  }
  const deadline = setTimeout(() => void breakOff('the time is up'), limitMs + (outageMs ?? 0));
  for (const [i, spec] of cases.entries()) {
    say(`${spec.name}: ${spec.fault}`);
    const result = await runCase(spec, server, `faults_${i}`, scale);
    say(`${spec.name}: ${verdict(result)}, ${result.requests} requests, ${result.rows} rows`);
    results.push(result);
  }
  clearTimeout(deadline);
  await server.remove();

  console.log(`${table(results)}\n\n${details(results)}`);
  const whole = positionals.length === 0 && !values.short;
  if (whole) {
    const minutes = (performance.now() - startedAt) / 60_000;
    writeFileSync(join(packageRoot, 'faults', 'RESULTS.md'), report(results, minutes));
  }
  const requests = results.reduce((sum, result) => sum + result.requests, 0);
  if (whole && requests < REQUESTS_MIN) say(`only ${requests} requests, not ${REQUESTS_MIN}`);
  const isEnough = !whole || requests >= REQUESTS_MIN;
  process.exit(isEnough && results.every(isOk) ? 0 : 1);
}

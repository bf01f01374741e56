// `npm run demo` shows the whole main job, and leaves nothing running, however it ends.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { findPort } from '../../demo/gateway.ts';
import { packageRoot } from '../../src/core/paths.ts';
import { readPostmaster } from '../../src/primary/postgres/postmaster.ts';

/** Primary, two workers, PostgreSQL. */
const PROCESSES = 4;

const dataDir = mkdtempSync(join(tmpdir(), 'apipod-demo-'));
t.teardown(() => rmSync(dataDir, { recursive: true, force: true }));

async function start(t: Test, ...options: string[]) {
  const port = await findPort(0);
  const main = join(packageRoot, '.build/demo/main.js');
  const child = spawn(process.execPath, [main, '--port', String(port), '--data-dir', dataDir, ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const demo = { child, port, output: '', exit: once(child, 'close').then(([code]) => code as number) };
  t.teardown(async () => {
    child.kill('SIGTERM');
    await demo.exit;
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      demo.output += text;
      child.emit('output');
    });
  }
  return demo;
}

type Demo = Awaited<ReturnType<typeof start>>;

async function untilPrinted(demo: Demo, text: string): Promise<void> {
  while (!demo.output.includes(text)) {
    await Promise.race([once(demo.child, 'output'), demo.exit]);
    if (demo.child.exitCode !== null) throw new Error(`the demo ended:\n${demo.output}`);
  }
}

/** The gateway's primary, its workers and PostgreSQL have said their process ids in the log. */
function pidsOf({ port }: Demo): number[] {
  const log = readFileSync(join(dataDir, `gateway-${port}.log`), 'utf8');
  return [...new Set(Array.from(log.matchAll(/"(?:pid|serverPid)":(\d+)/g), ([, pid]) => Number(pid)))];
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A zombie is only waiting for its parent to look.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function nothingRuns(t: Test, demo: Demo): void {
  const pids = pidsOf(demo);
  t.ok(pids.length >= PROCESSES, 'they have been told');
  t.same(pids.filter(isAlive), []);
  t.notOk(existsSync(join(dataDir, 'postgres', 'postmaster.pid')));
}

t.test('with --once it tries its own lines', async (t) => {
  const demo = await start(t, '--once');
  if ((await demo.exit) !== 0) t.fail(demo.output);
  t.match(demo.output, /"object":"chat\.completion"/);
  t.match(demo.output, /data: \[DONE\]/);
  t.match(demo.output, /event: message_stop/);
  t.match(
    demo.output,
    /\d,antigravity,gemini-3-flash,gemini-3-flash,\d+,.*,reported,completed,200,openai,true,/,
  );
  t.match(demo.output, /\d,ghcp,gpt-5-mini,gpt-5-mini,\d+,.*,reported,completed,200,anthropic,true,/);
  t.match(demo.output, /apipod_tokens_total\{upstream="antigravity"/);
  nothingRuns(t, demo);
});

t.test('prints lines to paste, until Ctrl-C', async (t) => {
  const demo = await start(t);
  await untilPrinted(demo, 'Ctrl-C stops everything.');
  const models = /^curl .*'?(http:\/\/\S+\/v1\/models)'? -H '(authorization): (.*)'$/m.exec(demo.output)!;
  const response = await fetch(models[1]!, { headers: { [models[2]!]: models[3]! } });
  t.match(await response.json(), { data: [{ id: 'cursor-pro-sonnet' }] });
  t.match(demo.output, /^psql 'postgres:\/\/.*' -c 'select .* from usage_logs /m);
  t.ok(pidsOf(demo).every(isAlive));
  demo.child.kill('SIGINT');
  t.equal(await demo.exit, 0);
  nothingRuns(t, demo);
});

t.test('a second one leaves the first alone, and says so once', async (t) => {
  const demo = await start(t);
  await untilPrinted(demo, 'Ctrl-C stops everything.');
  const database = readPostmaster(join(dataDir, 'postgres'));
  const second = await start(t, '--port', String(demo.port));
  t.equal(await second.exit, 1);
  t.equal(
    second.output,
    `A gateway runs on ${dataDir} already (process ${pidsOf(demo)[0]}). ` +
      'End that demo first (of one that was killed: that process), or give this one a folder of its own: ' +
      'npm run demo -- --data-dir FOLDER\n',
  );
  t.same(readPostmaster(join(dataDir, 'postgres')), database);
  t.ok(pidsOf(demo).every(isAlive));
});

for (const [signal, how] of [
  ['SIGTERM', 'exit code 0'],
  ['SIGKILL', 'SIGKILL'],
] as const) {
  t.test(`says so when the gateway ends by ${signal}`, async (t) => {
    const demo = await start(t);
    await untilPrinted(demo, 'Ctrl-C stops everything.');
    // One worker is enough to be ready; the other one may not have said who it is.
    while (pidsOf(demo).length < PROCESSES) await delay(20);
    process.kill(pidsOf(demo)[0]!, signal);
    t.equal(await demo.exit, 1);
    t.ok(demo.output.includes(`The gateway ended (${how}).`));
    // Workers that have lost their primary end by themselves, a moment later.
    while (pidsOf(demo).some(isAlive)) await delay(20);
    nothingRuns(t, demo);
  });
}

// `npm run demo`: the gateway with an embedded database and two simulated upstreams, a key, and lines to try it with.
// Ctrl-C ends it all. Options: --once (tries the lines itself, then ends), --port, --data-dir.
import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type Simulator, startSimulator } from '../sim/simulator.ts';
import { packageRoot } from '../src/core/paths.ts';
import { gatewayOn } from '../src/primary/ledger/lock.ts';
import { urlOf } from '../src/primary/postgres/postgres.ts';
import { readPostmaster, stopPostmaster } from '../src/primary/postgres/postmaster.ts';
import { findPort, Gateway } from './gateway.ts';
import { type Access, clientLines, metricsLine, toCurl, toPsql, usageLine } from './lines.ts';
import { runOnce } from './once.ts';

const PLAN = 'cursor-pro-sonnet';
/** npm passes on the Ctrl-C that the terminal has sent to all of us. */
const SIGNAL_ECHO_MS = 500;
const PACE = { firstDelayMs: 200, delayMs: 60 };

const { values } = parseArgs({
  options: {
    once: { type: 'boolean', default: false },
    port: { type: 'string', default: process.env.PORT ?? '8081' },
    'data-dir': { type: 'string', default: join(packageRoot, 'data', 'demo') },
  },
});
const dataDir = resolve(values['data-dir']);
const postgresDir = join(dataDir, 'postgres');
const adminSecret = randomBytes(24).toString('hex');
const upstreamKey = randomBytes(24).toString('hex');
const simulators: Simulator[] = [];
let gateway: Gateway | undefined;
/** From then on the embedded database is its own; before, another gateway may have it. */
let ready = false;
let stopping: Promise<never> | undefined;
let stoppingSince = 0;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (stopping === undefined) {
      stoppingSince = performance.now();
      print('\nStopping.');
      void stop(0);
    } else if (performance.now() - stoppingSince > SIGNAL_ECHO_MS) {
      print('Stopping at once.');
      void gateway?.stop();
    }
  });
}

// Should this process fail: the gateway must not outlive it.
process.on('exit', () => void gateway?.stop());

try {
  await run();
} catch (error) {
  if (!stopping) console.error((error as Error).message);
  await stop(1);
}

async function run(): Promise<void> {
  const since = new Date();
  const url = await start();
  print('Starting the gateway. The first time, this makes a database.');
  await gateway!.ready();
  ready = true;
  const access: Access = { url, adminSecret, since, token: await createKey(url) };
  if (values.once) {
    await runOnce(access, print);
    await stop(0);
  }
  print(`\nThe gateway listens on ${url}, with plan ${PLAN}. Its log: ${gateway!.logFile}\n`);
  for (const line of clientLines(access)) print(`# ${line.title}\n${toCurl(line)}\n`);
  print(`# Usage rows in the database\n${toPsql(await databaseUrl())}\n`);
  for (const line of [usageLine(access), metricsLine(access)]) print(`# ${line.title}\n${toCurl(line)}\n`);
  print('Ctrl-C stops everything.');
  throw new Error(await gateway!.ended);
}

/** Starts the upstreams and the gateway's process. @returns the address of the gateway */
async function start(): Promise<string> {
  const holder = await gatewayOn(dataDir);
  if (holder !== undefined) {
    throw new Error(
      `A gateway runs on ${dataDir} already (process ${holder}). ` +
        'End that demo first (of one that was killed: that process), or give this one a folder of its own: ' +
        'npm run demo -- --data-dir FOLDER',
    );
  }
  const wanted = Number(values.port);
  const port = await findPort(wanted);
  if (wanted > 0 && port !== wanted) print(`Port ${wanted} is taken; using ${port}.`);
  const options = { script: PACE, key: upstreamKey };
  const antigravity = await startSimulator({ ...options, dialect: 'anthropic' });
  simulators.push(antigravity);
  const ghcp = await startSimulator({ ...options, dialect: 'openai' });
  simulators.push(ghcp);
  // A signal may have come meanwhile, and found no gateway to stop.
  if (stopping) return stopping;
  gateway = new Gateway({
    port,
    dataDir,
    environment: {
      WORKERS: '2',
      ADMIN_SECRET: adminSecret,
      UPSTREAM_ANTIGRAVITY_URL: antigravity.url,
      UPSTREAM_ANTIGRAVITY_DIALECT: 'anthropic',
      UPSTREAM_ANTIGRAVITY_KEY: upstreamKey,
      UPSTREAM_GHCP_URL: ghcp.url,
      UPSTREAM_GHCP_DIALECT: 'openai',
      UPSTREAM_GHCP_KEY: upstreamKey,
    },
  });
  return gateway.url;
}

/** The embedded database keeps its password and its port with its data. */
async function databaseUrl(): Promise<string> {
  const server = readPostmaster(postgresDir);
  if (server === undefined) throw new Error('The embedded database does not run.');
  return urlOf(postgresDir, server.port, 'apipod');
}

async function createKey(url: string): Promise<string> {
  const response = await fetch(`${url}/admin/create-key`, {
    method: 'POST',
    headers: { 'x-admin-secret': adminSecret, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'demo', sub_name: PLAN, expires_in: 30 }),
  });
  const answer = (await response.json()) as { api_token?: string };
  if (answer.api_token === undefined) throw new Error(`No key was made: ${JSON.stringify(answer)}`);
  return answer.api_token;
}

/** Ends everything and then this process, once. */
function stop(exitCode: number): Promise<never> {
  stopping ??= (async () => {
    await gateway?.stop();
    // A gateway that was killed has not stopped its database.
    const server = ready ? readPostmaster(postgresDir) : undefined;
    if (server !== undefined) await stopPostmaster(postgresDir, server.pid);
    await Promise.all(simulators.map((simulator) => simulator.close()));
    process.exit(exitCode);
  })();
  return stopping;
}

function print(text: string): void {
  console.log(text);
}

import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { urlOf } from '../src/primary/postgres/postgres.ts';
import { readPostmaster } from '../src/primary/postgres/postmaster.ts';
import { WORKER_V8_FLAGS } from '../src/primary/supervisor.ts';
import { processTree } from './cpu.ts';
import { freePort } from './port.ts';
import { MEASURED_CORE, moveAside, Program } from './program.ts';

/** Something that requests can be sent to. */
export interface Arm {
  readonly name: string;
  /** Without a path. */
  readonly url: string;
  /** The one that it is asked through. */
  readonly api: 'chat' | 'messages';
  readonly model: string;
  /** Whether its upstream has another API than that. */
  readonly translates: boolean;
  readonly headers: Readonly<Record<string, string>>;
  /** Its processes, without the database. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

/** The whole gateway: primary, one worker; and on the core of load and upstream an embedded PostgreSQL with fsync. */
export interface FullArm extends Arm {
  /** How they name themselves: `uws 20.57`. */
  readonly engine: string;
  databasePids(): number[];
  /** Rows in `usage_logs`, and how many of them are of completed exchanges with usage as reported. */
  countRows(): Promise<{ readonly rows: number; readonly whole: number }>;
  /** Asks its database. */
  query<Row>(sql: string): Promise<readonly Row[]>;
}

const START_TIMEOUT_MS = 60_000;
/** A plan of the seed, and a model that it holds on two upstreams. */
const PLAN = 'cursor-pro-opus';
const MODEL = 'claude-opus-4-6-thinking';
/** Each of these sits on one upstream only. */
const ON_ANTIGRAVITY = 'gemini-3-flash';
const ON_GHCP = 'gpt-5-mini';
/** How an arm is asked unless it says otherwise. */
export const DIRECT = { api: 'chat', model: MODEL, translates: false } as const;

/** @param execArgv for Node @param settings as in docs/config.md */
export async function startBare(
  upstreamUrl: string,
  name = 'bare',
  args: readonly string[] = [],
  execArgv: readonly string[] = [],
  settings: Readonly<Record<string, string>> = {},
): Promise<Arm> {
  const env = { UPSTREAM_BARE_URL: upstreamUrl, ...settings };
  const program = new Program('./bare.js', MEASURED_CORE, args, env, [...WORKER_V8_FLAGS, ...execArgv]);
  const url = await program.firstLine();
  // Of the length that the full gateway's clients send.
  const headers = { authorization: `Bearer apk_${'x'.repeat(43)}` };
  return { ...DIRECT, name, url, headers, pids: [program.pid], stop: () => program.stop() };
}

/** The same gateway, asked through one API for a model on an upstream of either dialect: antigravity is Anthropic's. */
export function pairs(full: FullArm): Record<'chat' | 'messages', { direct: FullArm; translated: FullArm }> {
  const arm = (api: Arm['api'], model: string): FullArm => {
    const translates = (api === 'chat') === (model === ON_ANTIGRAVITY);
    return { ...full, name: `${api}, ${translates ? 'translated' : 'direct'}`, api, model, translates };
  };
  return {
    chat: { direct: arm('chat', ON_GHCP), translated: arm('chat', ON_ANTIGRAVITY) },
    messages: { direct: arm('messages', ON_ANTIGRAVITY), translated: arm('messages', ON_GHCP) },
  };
}

/**
 * @param execArgv for Node, in the primary and in the worker
 * @param dialects of the upstreams; the upstream at the URL speaks both
 * @param settings as in docs/config.md
 */
export async function startFull(
  upstreamUrl: string,
  execArgv: readonly string[] = [],
  dialects: Readonly<Record<string, string>> = { ANTIGRAVITY: 'openai', GHCP: 'openai' },
  settings: Readonly<Record<string, string>> = {},
): Promise<FullArm> {
  const dataDir = mkdtempSync(join(tmpdir(), 'apipod-bench-'));
  const secret = randomBytes(16).toString('hex');
  const url = `http://127.0.0.1:${await freePort()}`;
  const program = new Program(
    '../../dist/cluster.js',
    MEASURED_CORE,
    [],
    {
      ...Object.fromEntries(
        Object.entries(dialects).flatMap(([upstream, dialect]) => [
          [`UPSTREAM_${upstream}_URL`, upstreamUrl],
          [`UPSTREAM_${upstream}_DIALECT`, dialect],
        ]),
      ),
      PORT: new URL(url).port,
      WORKERS: process.env.WORKERS ?? '1',
      DATA_DIR: dataDir,
      ADMIN_SECRET: secret,
      LOG_LEVEL: 'warn',
      ...settings,
    },
    execArgv,
  );
  // What it logs from `warn` on is worth a look.
  program.child.stdout!.pipe(process.stderr);
  await ready(url, program);
  const token = await createKey(url, secret);
  const engine = /engine="([^"]+)"/.exec(await (await fetch(`${url}/metrics`)).text())?.[1] ?? 'unknown';

  const postgresDir = join(dataDir, 'postgres');
  const postmaster = readPostmaster(postgresDir)!;
  // It has a machine of its own where the gateway is in earnest.
  moveAside(processTree(postmaster.pid));
  const database = new pg.Client(await urlOf(postgresDir, postmaster.port, 'apipod'));
  await database.connect();
  let stopping: Promise<void> | undefined;
  return {
    ...DIRECT,
    name: 'full',
    url,
    engine,
    headers: { authorization: `Bearer ${token}` },
    pids: processTree(program.pid, postmaster.pid),
    databasePids: () => processTree(postmaster.pid),
    async countRows() {
      const { rows } = await database.query<{ rows: number; whole: number }>(
        `SELECT count(*)::int AS rows,
           (count(*) FILTER (WHERE outcome = 'completed' AND count_source = 'reported'))::int AS whole FROM usage_logs`,
      );
      return rows[0]!;
    },
    async query<Row>(sql: string) {
      return (await database.query(sql)).rows as Row[];
    },
    stop() {
      stopping ??= (async () => {
        await database.end();
        await program.stop();
        rmSync(dataDir, { recursive: true, force: true });
      })();
      return stopping;
    },
  };
}

async function ready(url: string, { child }: Program): Promise<void> {
  const until = performance.now() + START_TIMEOUT_MS;
  while (child.exitCode === null && performance.now() < until) {
    const response = await fetch(`${url}/readyz`).catch(() => undefined);
    if (response?.status === 200) return;
    await delay(50);
  }
  throw new Error('The gateway does not start.');
}

async function createKey(url: string, secret: string): Promise<string> {
  const response = await fetch(`${url}/admin/create-key`, {
    method: 'POST',
    headers: { 'x-admin-secret': secret, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'bench', sub_name: PLAN }),
  });
  if (response.status !== 201) throw new Error(`No key: ${await response.text()}`);
  return ((await response.json()) as { api_token: string }).api_token;
}

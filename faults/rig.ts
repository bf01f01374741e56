import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import type { Entry } from '../sim/entry.ts';
import { type Simulator, startSimulator } from '../sim/simulator.ts';
import { freePort } from '../test/fixtures/port.ts';
import { type Environment, type Exit, isAlive, Program } from '../test/fixtures/program.ts';
import type { TestServer } from '../test/fixtures/server.ts';

const ADMIN_SECRET = 'only-for-the-fault-matrix';
const UPSTREAM_KEY = 'the-operators-own-key';
const PLAN = 'cursor-pro-sonnet';
const ENTRIES_MAX = 1_000_000;
/** The harness's own queries must not hang on a database that it has frozen itself. */
const QUERY_TIMEOUT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 2_000;
/** For a predecessor's workers, which hold the port until their streams have ended. */
const START_TIMEOUT_MS = 20_000;
const POLL_INTERVAL_MS = 50;

/** What a case breaks: a gateway as an operator runs it, its database, its upstreams. */
export class Rig {
  readonly server: TestServer;
  readonly databaseUrl: string;
  /** Whatever a case needs of files; it goes with the rig. */
  readonly folder: string;
  readonly dataDir: string;
  readonly url: string;
  /** Every primary that was started. */
  readonly programs: Program[] = [];
  readonly #port: number;
  readonly #pool: pg.Pool;
  readonly #upstreams: readonly [Simulator, Simulator];
  #env: Environment = {};

  private constructor(
    server: TestServer,
    databaseUrl: string,
    port: number,
    upstreams: readonly [Simulator, Simulator],
  ) {
    this.server = server;
    this.databaseUrl = databaseUrl;
    this.folder = mkdtempSync(join(tmpdir(), 'apipod-faults-'));
    this.dataDir = join(this.folder, 'data');
    mkdirSync(this.dataDir, { mode: 0o700 });
    this.#port = port;
    this.url = `http://127.0.0.1:${port}`;
    this.#upstreams = upstreams;
    this.#pool = new pg.Pool({
      connectionString: databaseUrl,
      max: 2,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      query_timeout: QUERY_TIMEOUT_MS,
      application_name: 'faults',
    });
    this.#pool.on('error', () => {});
    this.#pool.on('connect', (client) => client.on('error', () => {}));
  }

  /** With a database of that name, which must be new. */
  static async build(server: TestServer, database: string): Promise<Rig> {
    const [databaseUrl, port, antigravity, ghcp] = await Promise.all([
      server.create(database),
      freePort(),
      startSimulator({ dialect: 'anthropic', key: UPSTREAM_KEY, entriesMax: ENTRIES_MAX }),
      startSimulator({ dialect: 'openai', key: UPSTREAM_KEY, entriesMax: ENTRIES_MAX }),
    ]);
    return new Rig(server, databaseUrl, port, [antigravity, ghcp]);
  }

  /** The gateway that runs, or ran last. */
  get program(): Program {
    return this.programs.at(-1)!;
  }

  /** Of the present gateway, those that live. */
  get workers(): number[] {
    return this.program.workers.filter(isAlive);
  }

  /** What the upstreams received. */
  get entries(): Entry[] {
    return this.#upstreams.flatMap(({ books }) => books.entries);
  }

  /** Answers that the upstreams have not ended. */
  get openRequests(): number {
    return this.#upstreams.reduce((sum, { openRequests }) => sum + openRequests, 0);
  }

  /** Starts the gateway, again where one has ended, and waits until it serves. @param env settings; default: the last ones */
  async start(env: Environment = this.#env): Promise<void> {
    this.#env = env;
    const deadline = performance.now() + START_TIMEOUT_MS;
    for (;;) {
      const program = new Program(mkdtempSync(join(this.folder, 'run-')), this.#settings());
      try {
        await program.logged(/^listening on/);
        this.programs.push(program);
        return;
      } catch (error) {
        const taken = /is taken/.test(program.transcript);
        await program.killAll();
        if (!taken || performance.now() > deadline) throw error;
        await pause(POLL_INTERVAL_MS);
      }
    }
  }

  /** As an operator does it. */
  stop(): Promise<Exit> {
    return this.program.stop();
  }

  /** SIGKILL to the primary and all workers at once. */
  async killAll(): Promise<void> {
    const { workers, program } = this;
    for (const pid of [program.pid, ...workers]) process.kill(pid, 'SIGKILL');
    await program.exited;
  }

  async createKey(): Promise<string> {
    const response = await fetch(`${this.url}/admin/create-key`, {
      method: 'POST',
      headers: { 'x-admin-secret': ADMIN_SECRET, 'content-type': 'application/json' },
      body: JSON.stringify({ name: 'faults', sub_name: PLAN }),
    });
    if (response.status !== 201) throw new Error(`no key: ${response.status} ${await response.text()}`);
    return ((await response.json()) as { api_token: string }).api_token;
  }

  /** The sum of a family's samples at this moment; 0 if there are none. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const samples = text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\S+)$`, 'gm'));
    return [...samples].reduce((sum, [, value]) => sum + Number(value), 0);
  }

  /** @throws when the database does not answer */
  async query<R extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<R[]> {
    return (await this.#pool.query<R>(text, [...values])).rows;
  }

  /** A connection that is no part of a pool. End it. */
  async connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.databaseUrl, application_name: 'faults' });
    client.on('error', () => {});
    await client.connect();
    return client;
  }

  /** Ends whatever is left. */
  async remove(): Promise<void> {
    await Promise.all(this.programs.map((program) => program.killAll()));
    await Promise.all(this.#upstreams.map((upstream) => upstream.close()));
    await this.#pool.end();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #settings(): Environment {
    const [antigravity, ghcp] = this.#upstreams;
    return {
      PORT: String(this.#port),
      WORKERS: '2',
      ADMIN_SECRET,
      DATA_DIR: this.dataDir,
      DATABASE_URL: this.databaseUrl,
      DATABASE_CONNECT_TIMEOUT_MS: '500',
      DATABASE_QUERY_TIMEOUT_MS: '1000',
      UPSTREAM_ANTIGRAVITY_URL: antigravity.url,
      UPSTREAM_ANTIGRAVITY_KEY: UPSTREAM_KEY,
      UPSTREAM_ANTIGRAVITY_DIALECT: 'anthropic',
      UPSTREAM_GHCP_URL: ghcp.url,
      UPSTREAM_GHCP_KEY: UPSTREAM_KEY,
      ...this.#env,
    };
  }
}

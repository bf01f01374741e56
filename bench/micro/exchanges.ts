import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../../src/core/config/config.ts';
import { chat } from '../../src/core/dialects/openai.ts';
import { PostgresDirectory } from '../../src/core/directory/postgres.ts';
import { createEdge } from '../../src/core/edge.ts';
import type { Exchange, Handler } from '../../src/core/exchange.ts';
import { Journal } from '../../src/core/ledger/journal/journal.ts';
import { Metrics } from '../../src/core/metrics/metrics.ts';
import { DirectCall } from '../../src/core/relay/call.ts';
import { Relay } from '../../src/core/relay/relay.ts';
import type { Listing } from '../../src/core/roster.ts';
import type { Client, ClientEvents } from '../../src/core/server/engine.ts';
import { RequestHead } from '../../src/core/server/head.ts';
import type { Services } from '../../src/core/services.ts';
import { Tokenizer } from '../../src/core/tokenizer/tokenizer.ts';
import type { Ledger } from '../../src/core/types.ts';
import { Gaps } from '../../src/core/upstream/gaps.ts';
import type { Upstreams } from '../../src/core/upstream/upstreams.ts';
import { buildChain } from '../../src/plugins/index.ts';
import { DIRECT } from '../arm.ts';
import { bodyOf, type Case } from '../case.ts';
import { Answer, type Pace } from './answer.ts';
import type { Work } from './micro.ts';

/** Exchanges in one turn of the event loop. */
export const TURN = 20;
const TOKEN = `apk_${'x'.repeat(43)}`;

const config = readConfig({ UPSTREAM_BARE_URL: 'http://127.0.0.1:1' });
const settings = config.upstreams.get('BARE')!;

/**
 * Runs so many exchanges of a case, without sockets: with all plugins, or with the relay alone.
 * @param open holds those that are
 */
export async function exchanges(
  spec: Case,
  upstreamUrl: string,
  arm: 'full' | 'bare',
  open: Listing<Exchange>,
  pace: Pace = 'burst',
): Promise<Work> {
  const answer = await Answer.record(spec, upstreamUrl, arm === 'full', pace);
  const accept = edgeOf(
    arm === 'full' ? fullHandler(answer, await openJournal()) : bareHandler(answer),
    open,
  );
  return (times) => run(accept, spec, times);
}

type Accept = ReturnType<typeof edgeOf>;

function edgeOf(handler: Handler, open: Listing<Exchange>) {
  const surroundings = {
    bodyBytesMax: config.BODY_BYTES_MAX,
    bodyTimeoutMs: config.BODY_TIMEOUT_MS,
    open,
    report: (_: Exchange, error: Error) => {
      throw error;
    },
  };
  return createEdge([{ path: '/v1/chat/completions', api: chat, handlers: { POST: handler } }], surroundings);
}

async function run(accept: Accept, spec: Case, times: number): Promise<void> {
  const body = Buffer.from(bodyOf(spec, DIRECT));
  for (let begun = 0; begun < times; begun += TURN) {
    for (let i = 0; i < TURN; i++) new FakeClient(body, accept);
    await turn();
  }
  while (answered < times) await turn();
  answered = 0;
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
let answered = 0;

/** The client's side, without a socket. */
class FakeClient implements Client {
  readonly head: RequestHead;
  readonly open = true;
  readonly #events: ClientEvents | undefined;
  readonly #body: Buffer;
  #asked = false;

  constructor(body: Buffer, accept: Accept) {
    this.#body = body;
    this.head = new RequestHead('POST', '/v1/chat/completions', '');
    this.head.add('host', 'localhost');
    this.head.add('authorization', `Bearer ${TOKEN}`);
    this.head.add('content-type', 'application/json');
    this.head.add('content-length', String(body.length));
    this.head.complete(false);
    this.#events = accept(this);
    if (this.#asked) this.#events.onBody(this.#body);
  }

  readBody(): void {
    this.#asked = true;
    this.#events?.onBody(this.#body);
  }

  respond(status: number): void {
    if (status !== 200) throw new Error(`status ${status}`);
    answered++;
  }

  start(): void {}

  write(): boolean {
    return true;
  }

  end(): void {
    answered++;
  }

  cut(): void {
    throw new Error('cut');
  }
}

let journal: Promise<Journal> | undefined;

/** One for all cases, gone with the process. */
function openJournal(): Promise<Journal> {
  if (journal === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'apipod-bench-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    const log = { info() {}, warn() {}, error() {} };
    journal = Journal.open({ config: { ...config, DATA_DIR: folder }, log });
  }
  return journal;
}

function fullHandler({ transport }: Answer, ledger: Ledger): Handler {
  const user = { user_id: 1, sub_id: 1, active: true, expires_at: null };
  const plan = { sub_name: 'bench', count_basis: 'reported', drain_seconds: 0 };
  const item = { ...plan, quota_id: 1, model_name: DIRECT.model, upstream: 'bare', weight: 1 };
  const database = {
    query: async ({ name, values }: { name: string; values: [string] }) => ({
      rows: [name === 'directory_users' ? { ...user, apitoken: values[0].slice(1, -1) } : item],
    }),
  };
  const upstream = { settings, transport, gaps: new Gaps() };
  return buildChain({
    config,
    log: { warn() {} } as never,
    directory: new PostgresDirectory(config, database as never),
    ledger,
    metrics: new Metrics(),
    tokenizer: new Tokenizer({ log: { warn() {} } }),
    upstreams: {
      get: () => upstream,
      require: () => upstream,
      close: async () => {},
    } as unknown as Upstreams,
    random: Math.random,
  } satisfies Services);
}

/** The answer goes on unread. */
class UnreadCall extends DirectCall {
  override receive(): undefined {
    return undefined;
  }
}

function bareHandler({ transport }: Answer): Handler {
  const upstream = { settings, transport, gaps: new Gaps() };
  const limits = {
    headersTimeoutMs: 1e6,
    idleTimeoutMs: 1e6,
    totalTimeoutMs: 1e6,
    stallTimeoutMs: 1e6,
    pingIntervalMs: 15_000,
  };
  return {
    onHead: (exchange) => exchange.readBody(),
    onBody(exchange) {
      new Relay(exchange, new UnreadCall(upstream, chat, [exchange.body], false), limits).start();
    },
    onResponse() {},
    onChunk() {},
    onDone() {},
  };
}

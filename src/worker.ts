import { setImmediate as immediate, setTimeout as pause } from 'node:timers/promises';
import { adminRoutes } from './admin/routes.ts';
import { openChannel } from './core/channel.ts';
import { readConfig } from './core/config/config.ts';
import { openPool } from './core/database/pool.ts';
import { countTokens, messages } from './core/dialects/anthropic.ts';
import { chat, embeddings } from './core/dialects/openai.ts';
import { responses } from './core/dialects/responses.ts';
import { PostgresDirectory } from './core/directory/postgres.ts';
import { createEdge, type Route } from './core/edge.ts';
import { endpoint } from './core/endpoint.ts';
import { ProxyError } from './core/errors.ts';
import type { Exchange } from './core/exchange.ts';
import { createFailureLog } from './core/failures.ts';
import { Journal } from './core/ledger/journal/journal.ts';
import { createLog } from './core/log.ts';
import { countRequest, observeOpen } from './core/metrics/exchanges.ts';
import { Metrics } from './core/metrics/metrics.ts';
import { observeProcess } from './core/metrics/process.ts';
import { MetricsReporter } from './core/metrics/reporter.ts';
import { version } from './core/paths.ts';
import { Roster } from './core/roster.ts';
import { selectEngine } from './core/server/select.ts';
import type { Services } from './core/services.ts';
import { Tokenizer } from './core/tokenizer/tokenizer.ts';
import { Upstreams } from './core/upstream/upstreams.ts';
import { operatorRoutes } from './operator.ts';
import { buildChain } from './plugins/index.ts';

/* A worker process: puts the parts together, serves, and stops when told. */

const SWEEP_INTERVAL_MS = 100;
const HEARTBEAT_INTERVAL_MAX_MS = 1_000;
/** One that comes late is no reason to be killed. */
const HEARTBEATS_PER_TIMEOUT = 4;
const JOURNAL_CLOSE_TIMEOUT_MS = 1_000;
const REPORT_TIMEOUT_MS = 1_000;
/** Without its primary a worker finishes what is open, and nobody tells it for how long. */
const ORPHAN_TIMEOUT_MS = 600_000;

// The cluster module would end the process at once when the primary dies, open streams and all.
process.removeAllListeners('disconnect');
// Ctrl-C reaches the whole process group. The primary tells us when to stop, and how long we may take.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});

const config = readConfig(process.env);
const log = createLog(config.LOG_LEVEL, 'worker');
const channel = openChannel(process);
const databaseUrl = config.DATABASE_URL!;

process.on('uncaughtException', (err) => {
  log.fatal({ err }, 'a bug ends this worker');
  die(err);
});

const pool = openPool(databaseUrl, config, 'apipod worker', log);
const directory = new PostgresDirectory(config, pool);
channel.on('change', ({ changes }) => directory.apply(changes));

const metrics = new Metrics();
const journalWait = metrics.histogram('journalWait');
const ledger = await Journal.open({
  config,
  log,
  onTurn: (waitedMs) => journalWait.observe(waitedMs / 1e3),
  onWritten: (written) => channel.send('journal', written),
}).catch((error: Error) => {
  die(error);
  return new Promise<never>(() => {});
});
channel.on('journalFull', ({ full }) => ledger.setFull(full));

const open = new Roster<Exchange>();
const reporter = new MetricsReporter(metrics, channel, config.METRICS_TIMEOUT_MS);
const stopObserving = observeProcess(metrics);
observeOpen(metrics, open);
for (const cache of ['users', 'plans'] as const) {
  const stats = directory.stats[cache];
  metrics.observe('cacheLookups', [cache, 'hit'], () => stats.hits);
  metrics.observe('cacheLookups', [cache, 'refusal'], () => stats.refusals);
  metrics.observe('cacheLookups', [cache, 'miss'], () => stats.misses);
}
metrics.observe('usageAdmitted', [], () => ledger.stats.admitted);
metrics.observe('usageUnjournaled', [], () => ledger.stats.unjournaled);
metrics.observe('journalSyncFailures', [], () => ledger.stats.syncFailures);
metrics.observe('journalAlert', [], () => (ledger.open ? 0 : 1));

const services: Services = {
  config,
  log,
  directory,
  ledger,
  metrics,
  tokenizer: new Tokenizer({ log }),
  upstreams: new Upstreams(config),
  random: Math.random,
};
const chain = buildChain(services);
const onDone = countRequest(metrics);
let stopping = false;

const routes: Route[] = [
  ...[chat, responses, embeddings, messages, countTokens].map(
    (api): Route => ({ path: api.path, api, handlers: { POST: chain } }),
  ),
  { path: '/v1/models', handlers: { GET: chain } },
  { path: '/v1/models/*', handlers: { GET: chain } },
  ...operatorRoutes({
    obstacles: () => [...(stopping ? ['stopping'] : []), ...(ledger.refuses ? ['journal full'] : [])],
    scrape: () => reporter.scrape(),
    version,
    onDone,
  }),
  ...adminRoutes({
    secret: config.ADMIN_SECRET,
    database: pool,
    exports: {
      databaseUrl,
      databaseSettings: config,
      clientStallTimeoutMs: config.CLIENT_STALL_TIMEOUT_MS,
    },
    reconcile: {
      databaseUrl,
      databaseSettings: config,
      dataDir: config.DATA_DIR,
      scrape: async () => (await reporter.scrape())?.map(String).join(''),
    },
    onDone,
  }),
];

const surroundings = {
  closing: false,
  bodyBytesMax: config.BODY_BYTES_MAX,
  bodyTimeoutMs: config.BODY_TIMEOUT_MS,
  open,
  report: createFailureLog(log),
};
const unrouted = endpoint({ onDone }, (exchange) => exchange.fail(new ProxyError('not_found')));

try {
  const engine = selectEngine(config.HTTP_ENGINE, log, config.HEADER_BYTES_MAX);
  const listener = await engine.listen(
    {
      host: config.HOST,
      port: config.PORT,
      headerBytesMax: config.HEADER_BYTES_MAX,
      chunkedAllowed: config.CHUNKED_REQUESTS === 'allow',
      drainBytesMax: config.BODY_DRAIN_BYTES_MAX,
    },
    createEdge(routes, surroundings, unrouted),
  );
  const sweeper = setInterval(() => {
    const now = performance.now();
    for (const exchange of open) exchange.check(now);
  }, SWEEP_INTERVAL_MS);
  const heart = setInterval(
    () => channel.send('heartbeat', {}),
    Math.min(config.WORKER_HEARTBEAT_TIMEOUT_MS / HEARTBEATS_PER_TIMEOUT, HEARTBEAT_INTERVAL_MAX_MS),
  );
  let deadline = Number.POSITIVE_INFINITY;

  /** Finishes open exchanges, at most for so long, and exits. Called again, the new time holds. */
  const stop = (timeoutMs: number): void => {
    deadline = performance.now() + timeoutMs;
    if (stopping) return;
    stopping = true;
    listener.stopAccepting();
    const watch = setInterval(() => {
      // Also those that begin after the deadline, on connections that are still there.
      if (performance.now() >= deadline)
        for (const exchange of open) exchange.fail(new ProxyError('stopping'), true);
      if (open.size > 0) return;
      clearInterval(watch);
      void leave();
    }, SWEEP_INTERVAL_MS / 4);
  };

  const leave = async (): Promise<void> => {
    clearInterval(sweeper);
    // Connections are dropped last: a slow client may still be taking the tail of its response.
    surroundings.closing = true;
    await chain.stop();
    // A disk that takes no syncs must not keep us: what was written to it outlives this process all the same.
    await Promise.race([ledger.close(), pause(JOURNAL_CLOSE_TIMEOUT_MS)]);
    // The last bytes of the last responses are released behind the journal's promises.
    await immediate();
    listener.close();
    stopObserving();
    // A pipe takes about 200 KB at once: the counts of many series leave it in turns.
    await Promise.race([reporter.stop(), pause(REPORT_TIMEOUT_MS)]);
    clearInterval(heart);
    process.exit(0);
  };

  channel.on('stop', ({ timeoutMs }) => stop(timeoutMs));
  channel.onDisconnect(() => {
    if (!stopping) log.error('the primary is gone; finishing what is open');
    stop(ORPHAN_TIMEOUT_MS);
  });
  process.on('SIGTERM', () => stop(config.SHUTDOWN_TIMEOUT_MS));
  channel.send('ready', { engine: engine.name });
} catch (error) {
  die(error as Error);
}

/** The primary is told why, and starts another worker or gives up. */
function die(error: Error): void {
  channel.send('fatal', { reason: error.message });
  setImmediate(() => process.exit(1));
}

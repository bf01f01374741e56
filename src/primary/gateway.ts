import { readFile } from 'node:fs/promises';
import type { Pool } from 'pg';
import type { Config } from '../core/config/config.ts';
import { openPool } from '../core/database/pool.ts';
import { asideFile } from '../core/ledger/aside.ts';
import { collectUsage } from '../core/ledger/collector.ts';
import { UsageWriter } from '../core/ledger/writer.ts';
import type { Logger } from '../core/log.ts';
import { Metrics } from '../core/metrics/metrics.ts';
import { observeProcess } from '../core/metrics/process.ts';
import { Scraper } from '../core/metrics/scraper.ts';
import { ChangeListener } from './changes.ts';
import { type Database, openDatabase } from './database.ts';
import { claimPort } from './port.ts';
import { Supervisor } from './supervisor.ts';

/** For the last usage rows, when the database is slow. */
const WRITER_STOP_TIMEOUT_MS = 3_000;
const MIGRATE_REQUESTS = '/proc/sys/net/ipv4/tcp_migrate_req';

export interface GatewayOptions {
  readonly config: Config;
  readonly log: Logger;
  /** The program of a worker. */
  readonly workerExec: string;
  readonly version: string;
}

/**
 * The primary's part of the gateway: the database, the workers, and what comes together from all of them. It starts
 * in the order in which things depend on each other, and stops in the opposite one.
 */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #abort = new AbortController();
  readonly #metrics = new Metrics();
  #database: Database | undefined;
  #supervisor: Supervisor | undefined;
  #changes: ChangeListener | undefined;
  #writer: UsageWriter | undefined;
  #usagePool: Pool | undefined;
  #buildTold = false;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  /** Resolves when all workers serve. @throws Error with a message for the operator */
  start(): Promise<void> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  /**
   * Finishes open streams, writes what is left of the usage, and lets go of everything, also in mid-start. Called
   * again, it cuts what is still open.
   */
  stop(timeoutMs: number): Promise<void> {
    if (this.#stopping === undefined) this.#stopping = this.#stop(timeoutMs);
    else this.#supervisor?.broadcast('stop', { timeoutMs });
    return this.#stopping;
  }

  async #start(): Promise<void> {
    const { config, log } = this.#options;
    await claimPort(config.HOST, config.PORT);
    this.#database = await openDatabase(config, log, this.#abort.signal);
    const { url, embedded } = this.#database;
    if (embedded)
      log.info(
        { dataDir: config.DATA_DIR },
        'using an embedded PostgreSQL; set DATABASE_URL to use your own',
      );

    const writer = this.#openWriter(url);
    const scraper = this.#openScraper();
    this.#supervisor = new Supervisor({
      exec: this.#options.workerExec,
      workers: config.WORKERS,
      environment: { DATABASE_URL: url },
      heartbeatTimeoutMs: config.WORKER_HEARTBEAT_TIMEOUT_MS,
      log,
      onFork: (_, channel) => collectUsage(channel, writer),
      onReady: (slot, channel, engine) => {
        scraper.attach(slot, channel);
        this.#tellBuild(engine);
      },
      onDeath: () => this.#metrics.counter('workerRestarts').value++,
    });
    this.#changes = new ChangeListener({
      url,
      settings: config,
      log,
      onChanges: (changes) => this.#supervisor?.broadcast('change', { changes }),
    });
    await this.#supervisor.start();
    this.#abort.signal.throwIfAborted();
    await this.#adviseMigration();
    const address = `http://${config.HOST}:${config.PORT}`;
    log.info(
      { address, workers: config.WORKERS, upstreams: [...config.upstreams.keys()] },
      `listening on ${address}`,
    );
  }

  async #stop(timeoutMs: number): Promise<void> {
    this.#abort.abort(new Error('stopped while starting'));
    // Nobody waits for a start that has been given up; what it has opened so far is closed below.
    if (this.#supervisor === undefined) await this.#starting?.catch(() => {});
    await this.#supervisor?.stop(timeoutMs);
    this.#changes?.stop();
    await this.#writer?.stop(WRITER_STOP_TIMEOUT_MS);
    // Not awaited: a frozen server would keep us here.
    this.#usagePool?.end().catch(() => {});
    await this.#database?.stop();
  }

  #openWriter(url: string): UsageWriter {
    const { config, log } = this.#options;
    const pool = openPool(url, { ...config, DATABASE_POOL_MAX: 1 }, 'apipod usage', log);
    const setAside = asideFile(config.DATA_DIR, log);
    const writer = new UsageWriter({ database: pool, rowsMax: config.USAGE_BATCH_ROWS_MAX, setAside, log });
    this.#usagePool = pool;
    this.#writer = writer;
    this.#metrics.observe('usageRowsWritten', [], () => writer.stats.written);
    this.#metrics.observe('usageRowsRejected', [], () => writer.stats.setAside);
    return writer;
  }

  #openScraper(): Scraper {
    const { config } = this.#options;
    observeProcess(this.#metrics);
    return new Scraper({ workers: config.WORKERS, timeoutMs: config.METRICS_TIMEOUT_MS, own: this.#metrics });
  }

  #tellBuild(engine: string): void {
    if (this.#buildTold) return;
    this.#buildTold = true;
    this.#metrics.observe('buildInfo', [this.#options.version, process.version, engine], () => 1);
  }

  /** When a worker leaves, the kernel resets the connections that it has not yet accepted, unless it may hand them on. */
  async #adviseMigration(): Promise<void> {
    const setting = await readFile(MIGRATE_REQUESTS, 'utf8').catch(() => '1');
    if (setting.trim() === '0') {
      this.#options.log.info(
        'a worker that stops resets connections which wait to be accepted; `sysctl net.ipv4.tcp_migrate_req=1` avoids that',
      );
    }
  }
}

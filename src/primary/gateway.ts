import { readFile } from 'node:fs/promises';
import type { Config } from '../core/config/config.ts';
import type { Logger } from '../core/log.ts';
import { Metrics } from '../core/metrics/metrics.ts';
import { observeProcess } from '../core/metrics/process.ts';
import { Scraper } from '../core/metrics/scraper.ts';
import { ChangeListener } from './changes.ts';
import { type Database, openDatabase } from './database.ts';
import { type Books, openBooks } from './ledger/books.ts';
import { type JournalLock, lockJournals } from './ledger/lock.ts';
import { claimPort } from './port.ts';
import { Supervisor } from './supervisor.ts';

/** For the last usage rows, when the database is slow. What is left waits on disk for the next start. */
const BOOKS_STOP_TIMEOUT_MS = 3_000;
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
  #lock: JournalLock | undefined;
  #books: Books | undefined;
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
    this.#lock = await lockJournals(config.DATA_DIR);
    this.#database = await openDatabase(config, log, this.#abort.signal);
    const { url, embedded } = this.#database;
    if (embedded)
      log.info(
        { dataDir: config.DATA_DIR },
        'using an embedded PostgreSQL; set DATABASE_URL to use your own',
      );

    const books = await openBooks({
      url,
      root: this.#lock.root,
      config,
      metrics: this.#metrics,
      log,
      onFull: (full) => this.#supervisor?.broadcast('journalFull', { full }),
    });
    this.#books = books;
    const scraper = this.#openScraper();
    this.#supervisor = new Supervisor({
      exec: this.#options.workerExec,
      workers: config.WORKERS,
      environment: { DATABASE_URL: url },
      heartbeatTimeoutMs: config.WORKER_HEARTBEAT_TIMEOUT_MS,
      log,
      onFork: (_, channel) => books.attach(channel),
      onReady: (slot, channel, engine) => {
        channel.send('journalFull', { full: books.full });
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
    await this.#books?.stop(BOOKS_STOP_TIMEOUT_MS);
    await this.#database?.stop();
    await this.#lock?.release();
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

import pg from 'pg';
import Cursor from 'pg-cursor';
import { connectionOptions, type DatabaseSettings } from '../core/database/pool.ts';
import type { Carrier, Exchange } from '../core/exchange.ts';
import type { MonotonicMs } from '../core/types.ts';
import { databaseError } from './database.ts';
import { COLUMNS, type Format, type TextRow } from './table.ts';

const READ_ROWS_MAX = 250;
/** Longest wait for the next rows. */
const READ_TIMEOUT_MS = 120_000;

const QUERY = `SELECT ${COLUMNS.map(({ sql }) => sql).join(', ')} FROM usage_logs
  WHERE "timestamp" >= $1 AND "timestamp" < $2 ORDER BY "timestamp", usage_id`;

/** An export may take as long as its client does; `check` bounds each wait. */
const WITHOUT_LIMITS: pg.ClientConfig = { statement_timeout: 0, query_timeout: 0 };
/** Rows come in the order of the index, so that the first ones come at once and nothing is sorted on disk. */
const SESSION = 'SET statement_timeout = 0; SET enable_sort = off; SET default_transaction_read_only = on';

const TEXT = { getTypeParser: () => (value: string) => value };

export interface ExportOptions {
  readonly databaseUrl: string;
  readonly databaseSettings: DatabaseSettings;
  /** How long the client may take no byte. */
  readonly clientStallTimeoutMs: number;
}

/**
 * Streams usage rows to a client. It has a database connection of its own, at most `READ_ROWS_MAX` rows in memory,
 * and reads on only when the client has taken what it was sent. Whatever ends the exchange ends the connection.
 */
export class UsageExport implements Carrier {
  readonly #exchange: Exchange;
  readonly #format: Format;
  readonly #options: ExportOptions;
  readonly #database: pg.Client;
  readonly #onEnd: () => void;
  #writable: (() => void) | undefined;
  /** Since when the database, or if `#writable` is set the client, has been waited for. */
  #waitingSince: MonotonicMs = performance.now();

  /** @param onEnd is called once, when the exchange ends */
  constructor(exchange: Exchange, format: Format, options: ExportOptions, onEnd: () => void) {
    this.#exchange = exchange;
    this.#format = format;
    this.#options = options;
    this.#onEnd = onEnd;
    this.#database = new pg.Client({
      ...connectionOptions(options.databaseUrl, options.databaseSettings, 'apipod export'),
      ...WITHOUT_LIMITS,
    });
    this.#database.on('error', (error) => this.#fail(error));
    exchange.carrier = this;
  }

  /** Ends the exchange. A failure of the database in between cuts the response: it never ends cleanly then. */
  async run(from: Date, to: Date): Promise<void> {
    try {
      await this.#database.connect();
      await this.#database.query(SESSION);
      const cursor = this.#database.query(
        new Cursor<TextRow>(QUERY, [from, to], { rowMode: 'array', types: TEXT as never }),
      );
      // The first rows are awaited before the head: until then an error can still be told as one.
      let rows = await cursor.read(READ_ROWS_MAX);
      let text = this.#format.header;
      this.#start();
      while (rows.length > 0) {
        for (const row of rows) text += this.#format.row(row);
        if (!this.#exchange.client.write([Buffer.from(text)])) await this.#drained();
        if (this.#exchange.ended) return;
        text = '';
        this.#waitingSince = performance.now();
        rows = await cursor.read(READ_ROWS_MAX);
      }
      if (this.#exchange.ended) return;
      this.#exchange.settle('completed');
      this.#exchange.client.end([Buffer.from(text)]);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  onWritable(): void {
    this.#writable?.();
    this.#writable = undefined;
  }

  release(): void {
    this.#onEnd();
    this.onWritable();
    // With a query under way this drops the socket, and the server ends the query at its next row.
    this.#database.end().catch(() => {});
  }

  check(now: MonotonicMs): void {
    const waited = now - this.#waitingSince;
    if (this.#writable === undefined) {
      if (waited > READ_TIMEOUT_MS) this.#fail(new Error('the database gave no rows in time'));
    } else if (waited > this.#options.clientStallTimeoutMs) {
      this.#exchange.settle('client_aborted');
      this.#exchange.client.cut();
    }
  }

  #start(): void {
    const { contentType } = this.#format;
    this.#exchange.status = 200;
    this.#exchange.responding = true;
    this.#exchange.firstByteAt = performance.now();
    this.#exchange.client.start(200, [...this.#exchange.ownHeaders(), 'content-type', contentType]);
  }

  #drained(): Promise<void> {
    this.#waitingSince = performance.now();
    return new Promise((resolve) => {
      this.#writable = resolve;
    });
  }

  #fail(thrown: unknown): void {
    // What the database says about a connection that has been dropped on purpose is no news.
    if (!this.#exchange.ended) this.#exchange.fail(databaseError(thrown));
  }
}

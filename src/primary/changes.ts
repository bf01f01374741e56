import pg from 'pg';
import type { Change } from '../core/channel.ts';
import { reasonOf } from '../core/database/failure.ts';
import { connectionOptions, type DatabaseSettings } from '../core/database/pool.ts';
import type { Logger } from '../core/log.ts';

export interface ChangeListenerOptions {
  readonly url: string;
  readonly settings: DatabaseSettings;
  readonly log: Logger;
  /** Called with what arrived together. Must not throw. */
  readonly onChanges: (changes: readonly Change[]) => void;
  /** How often to ask the server whether it is still there. */
  readonly checkIntervalMs?: number;
}

const CHANNEL = 'apipod_changes';
const CHECK_INTERVAL_MS = 5_000;
const RETRY_DELAY_MIN_MS = 100;
const RETRY_DELAY_MAX_MS = 5_000;

const EVERYTHING: readonly Change[] = [
  { kind: 'user', key: null },
  { kind: 'plan', key: null },
];

/**
 * Hears of changes in the database, on one connection that it keeps up. It reports that everything has changed after
 * every connect, since what happened before went unheard; and when the connection is lost or cannot be had, since what
 * happens next goes unheard: until it hears again, nothing is trusted for longer than from one attempt to the next.
 */
export class ChangeListener {
  readonly #options: ChangeListenerOptions;
  #client: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #retryDelayMs = RETRY_DELAY_MIN_MS;
  #pending: Change[] = [];
  #stopped = false;

  /** Begins at once. */
  constructor(options: ChangeListenerOptions) {
    this.#options = options;
    this.#connect();
  }

  /** No call of `onChanges` follows. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#client?.end().catch(() => {});
  }

  #connect(): void {
    const { url, settings, log } = this.#options;
    const client = new pg.Client(connectionOptions(url, settings, 'apipod changes'));
    this.#client = client;
    client.on('error', (error) => this.#lost(client, error));
    client.on('end', () => this.#lost(client, new Error('the connection has ended')));
    client.on('notification', ({ payload }) => this.#collect(parseChange(payload, log)));
    client
      .connect()
      .then(() => client.query(`LISTEN ${CHANNEL}`))
      .then(() => {
        if (this.#client !== client || this.#stopped) return;
        log.debug('listening for changes in the database');
        this.#retryDelayMs = RETRY_DELAY_MIN_MS;
        this.#collect(EVERYTHING);
        this.#checkLater(client);
      })
      .catch((error: unknown) => this.#lost(client, error));
  }

  /** A frozen server keeps its connections, so silence proves nothing: ask. */
  #checkLater(client: pg.Client): void {
    this.#timer = setTimeout(() => {
      client.query('SELECT 1').then(
        () => {
          if (this.#client === client && !this.#stopped) this.#checkLater(client);
        },
        (error: unknown) => this.#lost(client, error),
      );
    }, this.#options.checkIntervalMs ?? CHECK_INTERVAL_MS);
  }

  /** One loss is reported in several ways; the first counts. */
  #lost(client: pg.Client, error: unknown): void {
    if (this.#client !== client || this.#stopped) return;
    this.#client = undefined;
    client.end().catch(() => {});
    clearTimeout(this.#timer);
    const retryInMs = this.#retryDelayMs;
    this.#options.log.warn(
      { reason: reasonOf(error), retryInMs },
      'not listening for changes in the database',
    );
    this.#retryDelayMs = Math.min(retryInMs * 2, RETRY_DELAY_MAX_MS);
    this.#collect(EVERYTHING);
    this.#timer = setTimeout(() => this.#connect(), retryInMs);
  }

  /** One transaction may change many rows, and its notifications arrive in one read: pass them on as one message. */
  #collect(changes: readonly Change[]): void {
    if (this.#pending.length === 0) {
      setImmediate(() => {
        const collected = this.#pending;
        this.#pending = [];
        if (!this.#stopped) this.#options.onChanges(collected);
      });
    }
    this.#pending.push(...changes);
  }
}

/** A payload that schema.sql does not send must have come from a newer version or by hand: then anything may have changed. */
function parseChange(payload: string | undefined, log: Logger): readonly Change[] {
  try {
    const { kind, key } = JSON.parse(payload ?? '') as { kind: unknown; key: unknown };
    if (kind === 'user' && (typeof key === 'string' || key === null)) return [{ kind, key }];
    if (kind === 'plan' && (Number.isSafeInteger(key) || key === null)) {
      return [{ kind, key: key as number | null }];
    }
  } catch {
    // Not JSON.
  }
  log.warn({ payload }, `a notification on ${CHANNEL} makes no sense; dropping all caches`);
  return EVERYTHING;
}

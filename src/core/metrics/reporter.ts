import type { Channel } from '../channel.ts';
import type { Metrics } from './metrics.ts';

/** A worker that is killed takes at most this much of its counts with it. */
const PUSH_INTERVAL_MS = 1_000;
/** What the primary may take beyond its own wait for the workers, before a scrape is given up. */
const PRIMARY_GRACE_MS = 1_000;

/** Lives in a worker: sends its numbers to the primary, and asks the primary for the numbers of all. */
export class MetricsReporter {
  readonly #metrics: Metrics;
  readonly #channel: Channel;
  readonly #timeoutMs: number;
  readonly #pushes: NodeJS.Timeout;
  #scrapes = 0;
  #scrape: Promise<string | undefined> | undefined;
  #scraped: ((id: number, part: string) => void) | undefined;

  /** @param timeoutMs how long the primary waits for the numbers of each worker */
  constructor(metrics: Metrics, channel: Channel, timeoutMs: number) {
    this.#metrics = metrics;
    this.#channel = channel;
    this.#timeoutMs = timeoutMs + PRIMARY_GRACE_MS;
    channel.on('collect', ({ id }) => this.#send(id));
    channel.on('scraped', ({ id, part }) => this.#scraped?.(id, part));
    this.#pushes = setInterval(() => this.#send(0), PUSH_INTERVAL_MS).unref();
  }

  /**
   * The Prometheus text over all workers; undefined if the primary does not give it in time. Calls that come in
   * while one waits share its answer.
   */
  scrape(): Promise<string | undefined> {
    this.#scrape ??= this.#ask().finally(() => {
      this.#scrape = undefined;
      this.#scraped = undefined;
    });
    return this.#scrape;
  }

  /** Sends what has not been sent. */
  stop(): void {
    clearInterval(this.#pushes);
    this.#send(0);
  }

  #ask(): Promise<string | undefined> {
    const asked = ++this.#scrapes;
    let text = '';
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), this.#timeoutMs);
      this.#scraped = (id, part) => {
        if (id !== asked) return;
        text += part;
        if (part !== '') this.#channel.send('scrape', { id, from: text.length });
        else {
          clearTimeout(timer);
          resolve(text || undefined);
        }
      };
      this.#channel.send('scrape', { id: asked, from: 0 });
    });
  }

  #send(id: number): void {
    // With nobody to take it, a delta stays where it is.
    if (this.#channel.connected) this.#channel.send('metrics', { id, delta: this.#metrics.takeDelta() });
  }
}

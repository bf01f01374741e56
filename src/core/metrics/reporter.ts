import type { Channel } from '../channel.ts';
import type { MetricsDelta } from './delta.ts';
import type { Metrics } from './metrics.ts';

/** A worker that is killed takes at most this much of its counts with it. */
const PUSH_INTERVAL_MS = 1_000;
/** What the primary may take beyond its own wait for the workers, before a scrape is given up. */
const PRIMARY_GRACE_MS = 1_000;
/** In one message, which is made in one go while the streams wait: see the bench case `scrape`. */
export const PART_SAMPLES_MAX = 250;

/** Lives in a worker: sends its numbers to the primary, and asks the primary for the numbers of all. */
export class MetricsReporter {
  readonly #metrics: Metrics;
  readonly #channel: Channel;
  readonly #timeoutMs: number;
  readonly #pushes: NodeJS.Timeout;
  #scrapes = 0;
  #scrape: Promise<readonly Buffer[] | undefined> | undefined;
  /** What is being sent, one part in each turn of the event loop. */
  #parts: Iterator<MetricsDelta> | undefined;
  #scraped: ((id: number, part: string) => void) | undefined;

  /** @param timeoutMs how long the primary waits for the numbers of each worker */
  constructor(metrics: Metrics, channel: Channel, timeoutMs: number) {
    this.#metrics = metrics;
    this.#channel = channel;
    this.#timeoutMs = timeoutMs + PRIMARY_GRACE_MS;
    channel.on('collect', ({ id }) => this.#report(id));
    channel.on('scraped', ({ id, part }) => this.#scraped?.(id, part));
    this.#pushes = setInterval(() => this.#push(), PUSH_INTERVAL_MS).unref();
  }

  /**
   * The Prometheus text over all workers, cut into parts; undefined if the primary does not give it in time. Calls that
   * come in while one waits share its answer.
   */
  scrape(): Promise<readonly Buffer[] | undefined> {
    this.#scrape ??= this.#ask().finally(() => {
      this.#scrape = undefined;
      this.#scraped = undefined;
    });
    return this.#scrape;
  }

  /** Takes and sends what has not been sent. @returns when it has left this process; never, if nobody reads it */
  stop(): Promise<void> {
    clearInterval(this.#pushes);
    this.#parts = undefined;
    return new Promise((resolve) => {
      for (const delta of this.#metrics.takeParts(PART_SAMPLES_MAX)) {
        this.#channel.send('metrics', { id: 0, delta }, delta.last ? resolve : undefined);
      }
    });
  }

  #ask(): Promise<readonly Buffer[] | undefined> {
    const asked = ++this.#scrapes;
    const parts: Buffer[] = [];
    let from = 0;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(undefined), this.#timeoutMs);
      this.#scraped = (id, part) => {
        if (id !== asked) return;
        if (part !== '') {
          parts.push(Buffer.from(part));
          from += part.length;
          timer.refresh();
          this.#channel.send('scrape', { id, from });
        } else {
          clearTimeout(timer);
          resolve(from > 0 ? parts : undefined);
        }
      };
      this.#channel.send('scrape', { id: asked, from });
    });
  }

  /** Of a report that is under way, the rest has all that a push would send. */
  #push(): void {
    if (this.#parts === undefined) this.#report(0);
  }

  /** What a report before has not come to yet is in this one. */
  #report(id: number): void {
    const parts = this.#metrics.takeParts(PART_SAMPLES_MAX);
    this.#parts = parts;
    const next = (): void => {
      if (this.#parts !== parts) return;
      const delta = this.#channel.connected ? parts.next().value : undefined;
      if (delta !== undefined) this.#channel.send('metrics', { id, delta });
      if (delta?.last === false) setImmediate(next);
      else this.#parts = undefined;
    };
    next();
  }
}

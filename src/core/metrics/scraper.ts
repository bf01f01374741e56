import type { Channel } from '../channel.ts';
import type { MetricsDelta } from './delta.ts';
import type { Metrics } from './metrics.ts';
import { Renderer } from './render.ts';
import { MetricsTotals } from './totals.ts';

interface Peer {
  readonly slot: number;
  readonly channel: Channel;
  /** It has been asked and has not answered. It is not asked again: questions would pile up in a stuck worker's pipe. */
  asked: boolean;
  /** False from when it let a collection wait in vain until it says something. */
  up: boolean;
}

interface Collection {
  readonly waiting: Set<Peer>;
  /** A part has come: the wait begins anew. */
  readonly prolong: () => void;
  readonly finish: () => void;
}

export interface ScraperOptions {
  /** Worker processes; their slots are 0 and up. */
  readonly workers: number;
  /** Longest silence of the workers that are waited for. A late worker's numbers are those that it sent last. */
  readonly timeoutMs: number;
  /** What the primary itself counts. */
  readonly own: Metrics;
}

const OWN_SOURCE = 'primary';
/** Of the text, in one message: a worker that had to read a megabyte at once would keep its streams waiting meanwhile. */
const PART_CHARS = 32_768;

/** Lives in the primary: owns the totals, and answers the scrapes that come in at the workers. */
export class Scraper {
  readonly #timeoutMs: number;
  readonly #own: Metrics;
  readonly #totals = new MetricsTotals();
  readonly #renderer = new Renderer(this.#totals);
  readonly #peers = new Map<number, Peer>();
  #collections = 0;
  #collection: Collection | undefined;
  #scrape: Promise<string> | undefined;

  constructor({ workers, timeoutMs, own }: ScraperOptions) {
    this.#timeoutMs = timeoutMs;
    this.#own = own;
    for (let slot = 0; slot < workers; slot++) {
      own.observe('workerUp', [String(slot)], () => (this.#peers.get(slot)?.up ? 1 : 0));
    }
  }

  /** A worker is ready. It takes the place of the one that had the slot before. */
  attach(slot: number, channel: Channel): void {
    const peer: Peer = { slot, channel, asked: false, up: true };
    this.#peers.set(slot, peer);
    channel.on('metrics', ({ id, delta }) => this.#take(peer, id, delta));
    let text = '';
    let asked = 0;
    const send = (id: number, from: number): void => {
      const part = text.slice(from, endOfPart(text, from));
      if (part === '') text = '';
      channel.send('scraped', { id, part });
    };
    channel.on('scrape', async ({ id, from }) => {
      // A worker that has given one scrape up for another one is not sent that one's parts.
      if (from === 0) {
        asked = id;
        const whole = await this.scrape().catch(() => '');
        if (asked !== id) return;
        text = whole;
      }
      if (asked === id) send(id, from);
    });
    channel.onDisconnect(() => this.#detach(peer));
  }

  /** The text for Prometheus. Scrapes that come in while the workers are being asked share the answer. */
  scrape(): Promise<string> {
    this.#scrape ??= this.#collect().finally(() => {
      this.#scrape = undefined;
    });
    return this.#scrape;
  }

  async #collect(): Promise<string> {
    const id = ++this.#collections;
    const waiting = new Set([...this.#peers.values()].filter(({ channel }) => channel.connected));
    if (waiting.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.#timeoutMs);
        const finish = () => {
          clearTimeout(timer);
          resolve();
        };
        this.#collection = { waiting, prolong: () => timer.refresh(), finish };
        for (const peer of waiting) {
          if (!peer.asked) peer.channel.send('collect', { id });
          peer.asked = true;
        }
      });
      this.#collection = undefined;
    }
    for (const peer of waiting) peer.up = false;
    this.#totals.merge(OWN_SOURCE, this.#own.takeDelta());
    return this.#renderer.render();
  }

  #take(peer: Peer, id: number, delta: MetricsDelta): void {
    // What a worker counted is kept even when its last words arrive after its successor's first.
    if (this.#peers.get(peer.slot) !== peer) {
      this.#totals.add(delta);
      return;
    }
    this.#totals.merge(String(peer.slot), delta);
    peer.up = true;
    if (id === 0) return;
    if (delta.last) {
      peer.asked = false;
      this.#answered(peer);
    } else if (this.#collection?.waiting.has(peer)) {
      this.#collection.prolong();
    }
  }

  #detach(peer: Peer): void {
    if (this.#peers.get(peer.slot) === peer) {
      this.#peers.delete(peer.slot);
      this.#totals.forget(String(peer.slot));
    }
    this.#answered(peer);
  }

  #answered(peer: Peer): void {
    const collection = this.#collection;
    if (collection?.waiting.delete(peer) && collection.waiting.size === 0) collection.finish();
  }
}

/** Not between the halves of a surrogate pair: the parts are encoded one by one. */
function endOfPart(text: string, from: number): number {
  const end = from + PART_CHARS;
  const lead = text.charCodeAt(end - 1);
  return lead >= 0xd800 && lead < 0xdc00 ? end - 1 : end;
}

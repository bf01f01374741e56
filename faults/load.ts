import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Agent } from 'undici';
import { type Kind, PACED, QUICK } from './kinds.ts';
import { type Sent, send } from './request.ts';

export interface LoadOptions {
  readonly url: string;
  readonly token: string;
  /** Clients that ask for what is answered at once, one request after the other. */
  readonly quickClients: number;
  /** Clients with streams of some seconds. */
  readonly pacedClients: number;
  /** Requests of the case itself: each second one of a quick client. */
  readonly kinds?: readonly Kind[];
  /** How long a quick client waits between two requests. Default 0. */
  readonly pauseMs?: number;
}

/** A fault that lasts must not fill the memory of this process with what it has sent: from here on the quick go slowly. */
const QUICK_MAX = 30_000;
const SLOW_PAUSE_MS = 100;
/** After a failure, as clients do it. */
const RETRY_PAUSE_MS = 20;
const POLL_INTERVAL_MS = 10;

/** A crowd of clients with keep-alive connections, each with one request at a time, until they are told to stop. */
export class Load {
  /** All that were sent and have ended. Those that found nobody listening are left out. */
  readonly sent: Sent[] = [];
  readonly #options: LoadOptions;
  readonly #agent: Agent;
  #clients: Promise<void>[] = [];
  #stopping = false;
  #turn = 0;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#agent = new Agent({ pipelining: 1, connections: options.quickClients + options.pacedClients + 8 });
  }

  start(): void {
    const { quickClients, pacedClients, kinds = [], pauseMs = 0 } = this.#options;
    const next = (): Kind => {
      const turn = this.#turn++;
      const list = kinds.length > 0 && turn % 2 === 0 ? kinds : QUICK;
      return list[(turn >> 1) % list.length]!;
    };
    const nextPaced = (): Kind => PACED[this.#turn++ % PACED.length]!;
    for (let i = 0; i < quickClients; i++) this.#clients.push(this.#run(next, pauseMs));
    for (let i = 0; i < pacedClients; i++) this.#clients.push(this.#run(nextPaced, 0));
  }

  /** Of a user of the plan that all clients share. */
  get token(): string {
    return this.#options.token;
  }

  /** Resolves when so many have ended. */
  async reached(count: number): Promise<void> {
    while (this.sent.length < count && !this.#stopping) await pause(POLL_INTERVAL_MS);
  }

  /** One request more, on a connection that is as good as any. */
  async ask(kind: Kind): Promise<Sent> {
    const { url, token } = this.#options;
    const sent = await send(url, token, randomUUID(), kind, this.#agent);
    if (sent.end !== 'refused') this.sent.push(sent);
    return sent;
  }

  /** Asks until there is an answer. */
  async answered(): Promise<void> {
    while ((await this.ask(QUICK[0]!)).end !== 'whole') await pause(RETRY_PAUSE_MS);
  }

  /** Lets every client finish what it has begun. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#clients);
    await this.#agent.destroy();
  }

  async #run(next: () => Kind, pauseMs: number): Promise<void> {
    while (!this.#stopping) {
      const { end } = await this.ask(next());
      if (end === 'refused' || end === 'unanswered' || end === 'error') await pause(RETRY_PAUSE_MS);
      const restMs = this.sent.length > QUICK_MAX ? Math.max(pauseMs, SLOW_PAUSE_MS) : pauseMs;
      if (restMs > 0) await pause(restMs);
    }
  }
}

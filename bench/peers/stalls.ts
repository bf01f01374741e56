import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How the event loop of a gateway's one worker is watched, by what is loaded into it (preload/stalls.ts). */
export class Stalls {
  readonly execArgv = [`--import=${new URL('./preload/stalls.js', import.meta.url).href}`];
  readonly settings: Readonly<Record<string, string>>;
  readonly #folder = mkdtempSync(join(tmpdir(), 'apipod-stalls-'));
  readonly #path = join(this.#folder, 'socket');

  constructor() {
    this.settings = { BENCH_STALLS: this.#path };
  }

  /** The longest time between two turns of the loop since this was last called, in ms; a loop without work has one each ms. */
  async longestMs(): Promise<number> {
    const socket = createConnection(this.#path);
    let text = '';
    socket.on('data', (bytes) => {
      text += bytes;
    });
    await once(socket, 'close');
    return Number(text);
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

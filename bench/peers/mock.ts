import { OTHER_CORE, Program, prefer } from '../program.ts';
import type { ArmUpstream } from './arm.ts';
import type { Mode } from './modes.ts';

/** The upstream of all arms (upstream.ts): a process of its own on the core of the load. */
export class Mock implements ArmUpstream {
  /** Without a path. */
  readonly url: string;
  readonly #program: Program;

  private constructor(program: Program, url: string) {
    this.#program = program;
    this.url = url;
  }

  static async start(): Promise<Mock> {
    const program = new Program('./peers/upstream.js', OTHER_CORE);
    prefer(program.pid);
    return new Mock(program, await program.firstLine());
  }

  get pid(): number {
    return this.#program.pid;
  }

  /** How it answers all requests that come once this is settled; answers that are under way go on as they began. */
  async setMode(mode: Mode): Promise<void> {
    await this.#program.ask({ mode });
  }

  stop(): Promise<void> {
    return this.#program.stop();
  }
}

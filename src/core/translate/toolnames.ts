import { createHash } from 'node:crypto';

/** Anthropic takes 128, and the tools of an MCP server do get longer than this. */
const NAME_CHARS_MAX = 64;
const HASH_CHARS = 8;

/**
 * The names of one request's tools. One that is too long for OpenAI is shortened in the same way each time, so that it
 * is the same in the next request too, and its calls bear the long one again.
 */
export class ToolNames {
  readonly #long = new Map<string, string>();

  toUpstream(name: string): string {
    if (name.length <= NAME_CHARS_MAX) return name;
    const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_CHARS);
    const short = `${name.slice(0, NAME_CHARS_MAX - HASH_CHARS - 1)}_${hash}`;
    this.#long.set(short, name);
    return short;
  }

  toClient(name: string): string {
    return this.#long.get(name) ?? name;
  }
}

import { createHash } from 'node:crypto';

/** Anthropic takes 128, and the tools of an MCP server do get longer than this. */
const NAME_CHARS_MAX = 64;
const HASH_CHARS = 8;

/**
 * A name that is not too long for OpenAI. It is shortened in the same way each time, so that it is the same in the next
 * request too.
 */
export function shortName(name: string): string {
  if (name.length <= NAME_CHARS_MAX) return name;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, HASH_CHARS);
  return `${name.slice(0, NAME_CHARS_MAX - HASH_CHARS - 1)}_${hash}`;
}

/** The names of one request's tools. Calls bear those again that the client gave. */
export class ToolNames {
  readonly #long = new Map<string, string>();

  toUpstream(name: string): string {
    const short = shortName(name);
    if (short !== name) this.#long.set(short, name);
    return short;
  }

  toClient(name: string): string {
    return this.#long.get(name) ?? name;
  }
}

/**
 * Tokens of one answer. The fields mean what they mean in `usage_logs`: cached tokens are part of `input`,
 * reasoning is part of `output`.
 */
export interface Counts {
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly reasoning: number;
}

const BYTES_PER_TOKEN = 4;

/** The simulator's rule: one token for every four bytes of UTF-8, rounded up. */
export function tokensOf(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN);
}

export function addCounts(a: Counts, b: Counts): Counts {
  return {
    input: a.input + b.input,
    output: a.output + b.output,
    cacheRead: a.cacheRead + b.cacheRead,
    cacheWrite: a.cacheWrite + b.cacheWrite,
    reasoning: a.reasoning + b.reasoning,
  };
}

export const NO_TOKENS: Counts = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };

import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { estimateOutputTokens } from './estimate.ts';

/** What went by of an answer. */
export interface Observation {
  /** Bytes of the strings that hold the model's output, escapes included. */
  readonly textBytes: number;
  /** The first of them. */
  readonly sample: Buffer;
  /** The upstream has told all counts. */
  readonly reported: boolean;
}

export const NOTHING_SEEN: Observation = { textBytes: 0, sample: Buffer.alloc(0), reported: false };

export interface Observed {
  readonly input: number;
  readonly output: number;
}

/**
 * Our own count of an exchange. What the tokenizer does not count in time is estimated.
 * @param prompt the request body that the upstream was sent; undefined: its estimate will do
 * @param promptEstimate tokens
 * @param model whose tokens
 * @returns never rejects
 */
export async function observe(
  { textBytes, sample }: Observation,
  prompt: Buffer | undefined,
  promptEstimate: number,
  model: string,
  tokenizer: Pick<Tokenizer, 'text' | 'prompt'>,
): Promise<Observed> {
  const [output, input] = await Promise.all([
    textBytes === 0 ? 0 : tokenizer.text(sample, model),
    prompt === undefined ? promptEstimate : tokenizer.prompt(prompt, model),
  ]);
  return {
    input: input ?? promptEstimate,
    output:
      output === undefined
        ? estimateOutputTokens(textBytes)
        : Math.round((output * textBytes) / Math.max(1, sample.length)),
  };
}

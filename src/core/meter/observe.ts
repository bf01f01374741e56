import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { TokenCounts } from '../types.ts';
import { estimateOutputTokens, estimatePromptTokens } from './estimate.ts';

/** What went by of an answer whose tokens the upstream has not reported. */
export interface Observation {
  /** Bytes of the strings that hold the model's output, escapes included. */
  readonly textBytes: number;
  /** The first of them. */
  readonly sample: Buffer;
}

export const NOTHING_SEEN: Observation = { textBytes: 0, sample: Buffer.alloc(0) };

/**
 * Fills in what the upstream has not reported. What the tokenizer does not count in time is estimated.
 * @param counts what has been reported so far
 * @param prompt the request body that the upstream was sent
 * @param model whose tokens
 * @returns when the counts are complete; never rejects
 */
export async function observe(
  counts: TokenCounts,
  { textBytes, sample }: Observation,
  prompt: Buffer,
  model: string,
  tokenizer: Pick<Tokenizer, 'text' | 'prompt'>,
): Promise<void> {
  const inputReported = counts.input > 0;
  const [output, input] = await Promise.all([
    textBytes === 0 ? 0 : tokenizer.text(sample, model),
    inputReported ? counts.input : tokenizer.prompt(prompt, model),
  ]);
  const observed =
    output === undefined
      ? estimateOutputTokens(textBytes)
      : Math.round((output * textBytes) / Math.max(1, sample.length));
  counts.output = Math.max(counts.output, observed);
  counts.input = input ?? estimatePromptTokens(prompt);
}

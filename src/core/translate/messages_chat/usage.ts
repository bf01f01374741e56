import { count, member } from '../../dialects/api.ts';
import type { JsonObject } from '../translation.ts';

/**
 * OpenAI's `prompt_tokens` include what was read from the cache and written to it, Anthropic's `input_tokens` do not.
 * DeepSeek has a name of its own for what was read. What is missing is 0, and nothing is ever below.
 */
export function usageOf(usage: unknown): JsonObject {
  const prompt = member(usage, 'prompt_tokens_details');
  const read = count(member(prompt, 'cached_tokens')) ?? count(member(usage, 'prompt_cache_hit_tokens')) ?? 0;
  const written = count(member(prompt, 'cache_write_tokens')) ?? 0;
  const reasoning = count(member(member(usage, 'completion_tokens_details'), 'reasoning_tokens'));
  return {
    input_tokens: Math.max(0, (count(member(usage, 'prompt_tokens')) ?? 0) - read - written),
    cache_creation_input_tokens: written,
    cache_read_input_tokens: read,
    output_tokens: count(member(usage, 'completion_tokens')) ?? 0,
    ...(reasoning === undefined ? {} : { output_tokens_details: { thinking_tokens: reasoning } }),
  };
}

import { isTooDeep } from './depth.ts';
import { listOf } from './read.ts';
import type { JsonObject } from './translation.ts';

/**
 * The members in which upstreams tell their reasoning as text: DeepSeek and xAI, OpenRouter and vLLM, Copilot. The first
 * is what reasoning means that says nothing else.
 */
export const TEXT_MEMBERS = ['reasoning_content', 'reasoning', 'reasoning_text'] as const;

/** Stands for the member in which the text came, where it came as parts of `content`. */
export const IN_CONTENT = 'content';

/**
 * The entries of OpenRouter's `reasoning_details`, but for those that are nested too deep to go on.
 * https://openrouter.ai/docs/use-cases/reasoning-tokens
 */
export function detailsOf({ reasoning_details: details }: JsonObject): readonly JsonObject[] {
  return details === undefined ? [] : listOf(details).filter((detail) => !isTooDeep(detail));
}

import { arrange } from './chat_chat/arrange.ts';
import { readConversation } from './chat_chat/messages.ts';
import { properTools } from './chat_chat/tools.ts';
import { reasoningEffort } from './messages_chat/thinking.ts';
import { isMixed } from './mixed.ts';
import { limitName } from './models.ts';
import { isObject } from './read.ts';
import type { JsonObject, TranslationOptions } from './translation.ts';

/** What a mixed request may hold, and a proper one does not. */
const FOREIGN_FIELDS: ReadonlySet<string> = new Set([
  ...['input', 'instructions', 'max_output_tokens', 'include', 'truncation', 'text'],
  ...['system', 'thinking', 'top_k', 'output_config', 'cache_control'],
]);

/**
 * A mixed request as a proper one; one that is proper stays as it is. In a mixed one, too, all that chat completions
 * know keeps its value: messages, parts and tools that are proper, and every other field.
 * @param body valid JSON
 * @throws ProxyError `invalid_field` for what chat completions have no place for
 */
export function properRequest(body: Buffer, { model }: TranslationOptions): Buffer {
  const request: unknown = JSON.parse(body.toString());
  if (!isObject(request) || !isMixed(request)) return body;
  const kept = Object.entries(request).filter(([name]) => !FOREIGN_FIELDS.has(name));
  const proper: JsonObject = {
    ...settingsOf(request, model),
    ...Object.fromEntries(kept),
    messages: arrange(readConversation(request), model),
    ...properTools(request),
  };
  return Buffer.from(JSON.stringify(withoutItemSettings(proper, request)));
}

/** Settings under foreign names. What has its proper name in the request comes before them. */
function settingsOf(request: JsonObject, model: string): JsonObject {
  const { max_output_tokens: limit, max_tokens, max_completion_tokens, text } = request;
  const limited = max_tokens !== undefined || max_completion_tokens !== undefined;
  const effort = reasoningEffort(request, model);
  const verbosity = isObject(text) ? text.verbosity : undefined;
  return {
    ...(limit !== undefined && limit !== null && !limited && { [limitName(model)]: limit }),
    ...(effort !== undefined && { reasoning_effort: effort }),
    ...(verbosity !== undefined && { verbosity }),
  };
}

/** OpenRouter has `reasoning` in chat completions, too; beside `input` it is that of the Responses API. */
function withoutItemSettings(proper: JsonObject, { input, reasoning }: JsonObject): JsonObject {
  if (input === undefined || input === null || !isObject(reasoning)) return proper;
  const { reasoning: _, ...rest } = proper;
  return typeof reasoning.effort === 'string' ? { reasoning_effort: reasoning.effort, ...rest } : rest;
}

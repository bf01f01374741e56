import { arrange } from './chat_chat/arrange.ts';
import { readConversation } from './chat_chat/messages.ts';
import { properTools } from './chat_chat/tools.ts';
import { reasoningEffort } from './messages_chat/thinking.ts';
import { isMixed } from './mixed.ts';
import { type Settings, settingsFor } from './models.ts';
import { isObject, listOf } from './read.ts';
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
  const kept = Object.entries(request).filter(([name, value]) => value !== null && !FOREIGN_FIELDS.has(name));
  const proper: JsonObject = {
    ...settingsOf(request, model),
    ...Object.fromEntries(kept),
    messages: arrange(readConversation(request), model),
    ...properTools(request),
  };
  return Buffer.from(JSON.stringify(withoutItemSettings(proper, request)));
}

/** Settings under foreign names, as far as the model takes them. What has its proper name in the request comes before them. */
function settingsOf(request: JsonObject, model: string): JsonObject {
  const { max_output_tokens: limit, max_tokens, max_completion_tokens, text, tools } = request;
  const limited = (max_tokens ?? max_completion_tokens) !== undefined || typeof limit !== 'number';
  const { verbosity } = isObject(text) ? text : {};
  const settings: Settings = {
    limit: limited ? undefined : limit,
    effort: reasoningEffort(request),
    verbosity: typeof verbosity === 'string' ? verbosity : undefined,
  };
  return settingsFor(model, settings, listOf(tools).length > 0);
}

/** OpenRouter has `reasoning` in chat completions, too; beside `input` it is that of the Responses API. */
function withoutItemSettings(proper: JsonObject, { input, reasoning }: JsonObject): JsonObject {
  if (input === undefined || input === null || !isObject(reasoning)) return proper;
  const { reasoning: _, ...rest } = proper;
  return typeof reasoning.effort === 'string' ? { reasoning_effort: reasoning.effort, ...rest } : rest;
}

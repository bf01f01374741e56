import { chatMessages } from './chat_messages/translation.ts';
import { messagesChat } from './messages_chat/translation.ts';
import { isMixed } from './mixed.ts';
import { isObject } from './read.ts';
import type { JsonObject, TranslationOptions } from './translation.ts';

/** What a mixed request may hold, and a proper one does not. */
const FOREIGN_FIELDS = ['input', 'instructions', 'max_output_tokens', 'system', 'thinking', 'top_k'];

/**
 * A mixed request as a proper one, by way of messages, which take all of it; one that is proper stays as it is. Fields
 * that chat completions know keep their values.
 * @param body valid JSON
 * @throws ProxyError `invalid_field`
 */
export function properRequest(body: Buffer, options: TranslationOptions): Buffer {
  const request: unknown = JSON.parse(body.toString());
  if (!isObject(request) || !isMixed(request)) return body;
  const there = chatMessages.open(request, options).request;
  const { messages, tools, tool_choice, max_tokens, max_completion_tokens, reasoning_effort } =
    messagesChat.open(there, options).request;
  const kept = Object.fromEntries(Object.entries(request).filter(([name]) => !FOREIGN_FIELDS.includes(name)));
  const limit = request.max_output_tokens === undefined ? {} : { max_tokens, max_completion_tokens };
  const effort = isObject(request.thinking) ? { reasoning_effort } : {};
  const proper: JsonObject = { ...limit, ...effort, ...kept, messages, tools, tool_choice };
  return Buffer.from(JSON.stringify(proper));
}

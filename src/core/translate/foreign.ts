import { isObject, listOf } from './read.ts';
import { read } from './signature.ts';
import type { JsonObject } from './translation.ts';

/*
 * Conversations move between upstreams. What the gateway made of one provider's reasoning comes back from the client,
 * under a signature that only the gateway can read; another provider would refuse all of the request for it.
 */

/** A request to `/v1/messages` or `/v1/responses` without such reasoning. @param body valid JSON, of any shape */
export function withoutForeignReasoning(body: Buffer): Buffer {
  const request: unknown = JSON.parse(body.toString());
  if (!isObject(request)) return body;
  const { input, messages } = request;
  if (Array.isArray(input)) {
    return encode({
      ...request,
      input: input.filter((item) => !isForeign(item, 'reasoning', 'encrypted_content')),
    });
  }
  return Array.isArray(messages) ? encode(withoutForeignBlocks(request, messages)) : body;
}

const encode = (request: JsonObject): Buffer => Buffer.from(JSON.stringify(request));

function isForeign(block: unknown, type: string, field: string): boolean {
  return isObject(block) && block.type === type && read(block[field]) !== undefined;
}

function withoutForeignBlocks(request: JsonObject, all: readonly unknown[]): JsonObject {
  const messages = all.map(cleaned).filter((message) => !isEmptied(message));
  const cleanedRequest = { ...request, messages };
  // A loop of tools that began without thinking cannot go on with it: "Expected `thinking`, but found `tool_use`".
  const thinks = isObject(request.thinking) && request.thinking.type === 'enabled';
  return thinks && !beginsWithThinking(listOf(messages)) ? withoutThinking(cleanedRequest) : cleanedRequest;
}

/** What clears old thinking is refused in a request without any. */
function withoutThinking({ thinking: _, context_management: management, ...rest }: JsonObject): JsonObject {
  if (!isObject(management)) return rest;
  const edits = listOf(management.edits).filter(({ type }) => !String(type).startsWith('clear_thinking'));
  return edits.length === 0 ? rest : { ...rest, context_management: { ...management, edits } };
}

function cleaned(message: unknown): unknown {
  if (!isObject(message) || !Array.isArray(message.content)) return message;
  const content = message.content.filter(
    (block) => !isForeign(block, 'thinking', 'signature') && !isForeign(block, 'redacted_thinking', 'data'),
  );
  return { ...message, content };
}

/** Anthropic's API takes no message without content. */
function isEmptied(message: unknown): boolean {
  return isObject(message) && Array.isArray(message.content) && message.content.length === 0;
}

/** Whether the turn that goes on, if one does, has thinking where it begins. */
function beginsWithThinking(messages: readonly JsonObject[]): boolean {
  const asked = messages.findLastIndex(
    ({ role, content }) => role === 'user' && !listOf(content).some(({ type }) => type === 'tool_result'),
  );
  const first = messages.slice(asked + 1).find(({ role }) => role === 'assistant');
  if (first === undefined) return true;
  const { type } = listOf(first.content)[0] ?? {};
  return type === 'thinking' || type === 'redacted_thinking';
}

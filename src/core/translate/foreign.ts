import { isObject, listOf } from './read.ts';
import { read } from './signature.ts';
import type { JsonObject } from './translation.ts';

/* Conversations move between upstreams. Thinking of another provider, under a signature that only the gateway can read,
 * must not reach an upstream of Anthropic's, which would refuse all of the request. */

/** A request to Anthropic's API without such thinking. @param body valid JSON, of any shape */
export function withoutForeignThinking(body: Buffer): Buffer {
  const request: unknown = JSON.parse(body.toString());
  if (!isObject(request) || !Array.isArray(request.messages)) return body;
  const messages = request.messages.map(withoutForeignBlocks).filter((message) => !isEmptied(message));
  const { thinking, ...rest } = request;
  // A loop of tools that began without thinking cannot go on with it: "Expected `thinking`, but found `tool_use`".
  const shown = beginsWithThinking(listOf(messages)) ? { thinking, ...rest } : rest;
  return Buffer.from(JSON.stringify({ ...shown, messages }));
}

function withoutForeignBlocks(message: unknown): unknown {
  if (!isObject(message) || !Array.isArray(message.content)) return message;
  return { ...message, content: message.content.filter((block) => !isForeign(block)) };
}

function isForeign(block: unknown): boolean {
  if (!isObject(block)) return false;
  if (block.type === 'thinking') return read(block.signature) !== undefined;
  return block.type === 'redacted_thinking' && read(block.data) !== undefined;
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

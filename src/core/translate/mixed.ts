import type { RequestFields } from '../json/request.ts';
import { isObject, listOf } from './read.ts';
import type { JsonObject } from './translation.ts';

/*
 * Some clients, Cursor among them, send to chat completions what is no chat completions request: `input` beside
 * `messages` or instead of it, tools as the Responses API or Anthropic have them, Anthropic's content blocks.
 */

const FLAT_TOOL = Buffer.from('input_schema');
/** Parts that chat completions do not know. */
const FOREIGN_PARTS: ReadonlySet<unknown> = new Set([
  ...['document', 'image', 'redacted_thinking', 'thinking', 'tool_result', 'tool_use'],
  ...['input_file', 'input_image', 'input_text', 'output_text'],
]);
const FOREIGN_CHOICES: ReadonlySet<unknown> = new Set(['any', 'auto', 'none', 'tool']);

/** What can be seen at a glance. Most of such requests show; those that do not are refused by their upstream. */
export function looksMixed(body: Buffer, { hasInput, toolsAt }: RequestFields): boolean {
  return hasInput || (toolsAt !== undefined && body.subarray(toolsAt.start, toolsAt.end).includes(FLAT_TOOL));
}

/** @param request parsed, of any shape */
export function isMixed(request: unknown): boolean {
  if (!isObject(request)) return false;
  const { input, system, instructions, thinking, tool_choice: choice } = request;
  return (
    [input, system, instructions].some((value) => value !== undefined && value !== null) ||
    isObject(thinking) ||
    (isObject(choice) && FOREIGN_CHOICES.has(choice.type)) ||
    listOf(request.tools).some(({ function: nested, name }) => nested === undefined && name !== undefined) ||
    listOf(request.messages).some(({ content }) =>
      listOf(content).some(({ type }) => FOREIGN_PARTS.has(type)),
    )
  );
}

/** Reasoning in messages, which some servers want back and others refuse: one of another maker comes back, too. */
const REASONING = ['reasoning', 'reasoning_content', 'reasoning_details'];

/** Whether messages of the assistant hold reasoning. @param request parsed, of any shape */
export function holdsReasoning(request: unknown): request is JsonObject {
  return isObject(request) && listOf(request.messages).some(isReasoned);
}

/** The request without it, as it goes upstream. */
export function withoutReasoning(request: JsonObject): Buffer {
  const bare = (message: JsonObject): JsonObject =>
    Object.fromEntries(Object.entries(message).filter(([name]) => !REASONING.includes(name)));
  const messages = listOf(request.messages).map((message) => (isReasoned(message) ? bare(message) : message));
  return Buffer.from(JSON.stringify({ ...request, messages }));
}

const isReasoned = (message: JsonObject): boolean =>
  message.role === 'assistant' && REASONING.some((name) => name in message);

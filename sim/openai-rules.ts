import { Refusal, textOf } from './dialect.ts';
import type { ChatMessage, ChatRequest } from './openai-request.ts';
import { sign } from './signature.ts';

/* What no schema can say, in the words of the real API as far as they are known from reports of its users. */

function refuse(message: string, param: string, code?: string): never {
  throw new Refusal(400, message, { param, ...(code !== undefined && { code }) });
}

/** @throws {Refusal} */
export function judgeChat(request: ChatRequest): void {
  const { messages, stream, stream_options, max_tokens, max_completion_tokens } = request;
  if (stream_options && !stream) {
    refuse("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options');
  }
  if (max_tokens != null && max_completion_tokens != null) {
    refuse(
      "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
      'max_tokens',
    );
  }
  messages.forEach(judgeContent);
  judgeToolCalls(messages);
  judgeTools(request);
  const words = () => messages.flatMap(({ content }) => textOf(content)).join(' ');
  if (request.response_format?.type === 'json_object' && !/json/i.test(words())) {
    refuse(
      "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
      'messages',
    );
  }
}

function judgeContent(message: ChatMessage, i: number): void {
  if (message.role !== 'assistant' || message.content != null) return;
  const { tool_calls, function_call, refusal, audio } = message;
  if (tool_calls ?? function_call ?? refusal ?? audio) return;
  refuse("Invalid value for 'content': expected a string, got null.", `messages.[${i}].content`);
}

function judgeToolCalls(messages: readonly ChatMessage[]): void {
  /** Of the calls that the present run of tool messages answers: which are still without an answer. */
  let calls: readonly string[] | undefined;
  let open = new Set<string>();
  let callsAt = 0;
  messages.forEach((message, i) => {
    if (message.role === 'tool') {
      if (calls === undefined) {
        refuse(
          "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
          `messages.[${i}].role`,
        );
      }
      if (!calls.includes(message.tool_call_id)) {
        refuse(
          `Invalid parameter: 'tool_call_id' of '${message.tool_call_id}' not found in 'tool_calls' of previous message.`,
          `messages.[${i}].tool_call_id`,
        );
      }
      open.delete(message.tool_call_id);
      return;
    }
    refuseOpen(open, callsAt);
    calls = message.role === 'assistant' ? message.tool_calls?.map(({ id }) => id) : undefined;
    open = new Set(calls);
    callsAt = i;
  });
  refuseOpen(open, callsAt);
}

function refuseOpen(ids: ReadonlySet<string>, i: number): void {
  if (ids.size === 0) return;
  refuse(
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...ids].join(', ')}`,
    `messages.[${i}].role`,
  );
}

function judgeTools({ tools, tool_choice, parallel_tool_calls }: ChatRequest): void {
  if (tools === undefined) {
    if (tool_choice !== undefined && tool_choice !== 'none') {
      refuse("'tool_choice' is only allowed when 'tools' are specified.", 'tool_choice');
    }
    if (parallel_tool_calls !== undefined) {
      refuse("'parallel_tool_calls' is only allowed when 'tools' are specified.", 'parallel_tool_calls');
    }
    return;
  }
  const chosen =
    typeof tool_choice === 'object' && tool_choice.type === 'function' && tool_choice.function.name;
  if (!chosen) return;
  const known = tools.some((tool) => tool.type === 'function' && tool.function.name === chosen);
  if (!known) refuse(`Tool choice '${chosen}' not found in 'tools' parameter.`, 'tool_choice');
}

/** What Gemini puts on the first call of a message and wants back on it. */
export const thoughtSignature = (name: string): string => sign(name);

/** What Gemini takes for a call that another model made; the same page says so. */
const UNSIGNED = 'skip_thought_signature_validator';

/**
 * Gemini's own rule for the calls since the user last spoke: https://ai.google.dev/gemini-api/docs/thought-signatures
 * @throws {Refusal} whose body is of Gemini's shape
 */
export function judgeThoughts(messages: readonly ChatMessage[]): void {
  const spoke = messages.findLastIndex(({ role }) => role === 'user');
  messages.forEach((message, i) => {
    if (i < spoke || message.role !== 'assistant') return;
    const call = message.tool_calls?.[0];
    if (call === undefined) return;
    const { google } = (call.extra_content ?? {}) as { google?: { thought_signature?: unknown } };
    const signature = google?.thought_signature;
    if (signature === UNSIGNED || signature === thoughtSignature(call.function.name)) return;
    const text = `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${call.function.name}\`, position ${i + 1}.`;
    const body = [{ error: { code: 400, message: text, status: 'INVALID_ARGUMENT' } }];
    throw new Refusal(400, text, { body });
  });
}

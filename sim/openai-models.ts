import { Refusal } from './dialect.ts';
import type { ChatMessage, ChatRequest } from './openai-request.ts';

/*
 * What models of that name refuse and others take, in the words of their APIs as far as they are known from reports of
 * their users. Models that have no real name take everything, and all of them `max_tokens`, which many a test relays.
 */

const REASONING = /^(o\d|gpt-(5|[6-9])(?!.*-chat))/;
const NOT_REASONING = /^(mi[ns]tral|mixtral|codestral|devstral)-/;
const NO_STOP = /^(o3(?!-mini)|o4|gpt-(5|[6-9])(?!.*-chat))/;
/** https://github.com/openai/openai-openapi/issues/541 */
const NO_EFFORT_BESIDE_TOOLS = /^gpt-(5\.([4-9]|\d\d)|[6-9])/;
/** It reasons unless it is told not to: https://github.com/BerriAI/litellm/pull/34569 */
const DEMANDS_NONE_BESIDE_TOOLS = /^gpt-(5\.([6-9]|\d\d)|[6-9])/;
const MISTRAL = /^(mi[ns]tral|mixtral|magistral|codestral|devstral|pixtral)/;
/** https://github.com/vercel/ai/pull/14740, https://github.com/anomalyco/opencode/issues/10996 */
const DEMANDS_REASONING = /^(deepseek-(v3\.2|v4|reasoner)|kimi-(k2\.\d|k2-thinking|for-coding))/;

/** @throws {Refusal} */
export function judgeModel(request: ChatRequest): void {
  const model = request.model.slice(request.model.lastIndexOf('/') + 1);
  if (REASONING.test(model)) judgeSampling(request);
  if (NO_STOP.test(model) && request.stop != null) refuseParameter('stop');
  judgeEffort(request, model);
  if (MISTRAL.test(model)) request.messages.forEach(judgeIds);
  if (DEMANDS_REASONING.test(model)) request.messages.forEach(judgeReasoning);
}

function refuseParameter(param: string): never {
  const message = `Unsupported parameter: '${param}' is not supported with this model.`;
  throw new Refusal(400, message, { param, code: 'unsupported_parameter' });
}

function judgeSampling({ temperature, top_p }: ChatRequest): void {
  if (top_p != null && top_p !== 1) refuseParameter('top_p');
  if (temperature != null && temperature !== 1) {
    throw new Refusal(
      400,
      `Unsupported value: 'temperature' does not support ${temperature} with this model. Only the default (1) value is supported.`,
      { param: 'temperature', code: 'unsupported_value' },
    );
  }
}

function judgeEffort({ reasoning_effort: effort, tools }: ChatRequest, model: string): void {
  if (effort != null && NOT_REASONING.test(model)) {
    throw new Refusal(400, 'Unrecognized request argument supplied: reasoning_effort');
  }
  if (!tools?.some(({ type }) => type === 'function') || effort === 'none') return;
  const param = { param: 'reasoning_effort' };
  const message = `Function tools with reasoning_effort are not supported for ${model} in /v1/chat/completions.`;
  if (DEMANDS_NONE_BESIDE_TOOLS.test(model)) {
    const advice = "To use function tools, use /v1/responses or set reasoning_effort to 'none'.";
    throw new Refusal(400, `${message} ${advice}`, param);
  }
  if (effort != null && NO_EFFORT_BESIDE_TOOLS.test(model)) {
    throw new Refusal(400, `${message} Please use /v1/responses instead.`, param);
  }
}

/** https://github.com/anomalyco/opencode/issues/1680 */
function judgeIds(message: ChatMessage): void {
  const calls = message.role === 'assistant' ? (message.tool_calls ?? []) : [];
  const ids = message.role === 'tool' ? [message.tool_call_id] : calls.map(({ id }) => id);
  const odd = ids.find((id) => !/^[a-zA-Z0-9]{9}$/.test(id));
  if (odd === undefined) return;
  const rule = 'must be a-z, A-Z, 0-9, with a length of 9.';
  throw new Refusal(400, `Tool call id was ${odd} but ${rule}`, { code: '3280' });
}

function judgeReasoning(message: ChatMessage, i: number): void {
  if (message.role !== 'assistant' || message.tool_calls === undefined) return;
  if (typeof message.reasoning_content === 'string' && message.reasoning_content !== '') return;
  const missing = 'thinking is enabled but reasoning_content is missing in assistant tool call message';
  throw new Refusal(400, `${missing} at index ${i}`);
}

import { count, member } from '../../dialects/api.ts';
import { isObject } from '../read.ts';
import type { JsonObject } from '../translation.ts';

/** What is the same for the whole answer. */
export interface Frame {
  readonly id: string;
  /** Seconds since the Unix epoch. */
  readonly createdAt: number;
  /** Of the client's request. The answer repeats them: https://platform.openai.com/docs/api-reference/responses/object */
  readonly settings: JsonObject;
}

/** What changes until the answer is complete. */
export interface Progress {
  readonly model: string;
  readonly status: 'in_progress' | 'completed' | 'incomplete';
  readonly reason?: 'max_output_tokens' | 'content_filter' | undefined;
  readonly output: readonly JsonObject[];
  /** As chat completions tell it. */
  readonly usage?: unknown;
}

/** A `response` object. */
export function responseOf({ id, createdAt, settings }: Frame, progress: Progress): JsonObject {
  const { model, status, reason, output, usage } = progress;
  const given = (name: string, otherwise: unknown): unknown => settings[name] ?? otherwise;
  const text = isObject(settings.text) ? settings.text : {};
  const reasoning = isObject(settings.reasoning) ? settings.reasoning : {};
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: createdAt,
    status,
    background: false,
    error: null,
    incomplete_details: reason === undefined ? null : { reason },
    instructions: given('instructions', null),
    max_output_tokens: given('max_output_tokens', null),
    max_tool_calls: given('max_tool_calls', null),
    metadata: given('metadata', {}),
    model,
    output,
    parallel_tool_calls: given('parallel_tool_calls', true),
    previous_response_id: null,
    prompt_cache_key: given('prompt_cache_key', null),
    reasoning: { effort: reasoning.effort ?? null, summary: reasoning.summary ?? null },
    safety_identifier: given('safety_identifier', null),
    service_tier: 'default',
    store: false,
    temperature: given('temperature', 1),
    text: { ...text, format: text.format ?? { type: 'text' } },
    tool_choice: given('tool_choice', 'auto'),
    tools: given('tools', []),
    top_logprobs: 0,
    top_p: given('top_p', 1),
    truncation: 'disabled',
    usage: isObject(usage) ? usageOf(usage) : null,
    user: given('user', null),
  };
}

function usageOf(usage: JsonObject): JsonObject {
  const input = count(usage.prompt_tokens) ?? 0;
  const output = count(usage.completion_tokens) ?? 0;
  const { prompt_tokens_details: prompt, completion_tokens_details: completion } = usage;
  return {
    input_tokens: input,
    input_tokens_details: {
      cached_tokens: count(member(prompt, 'cached_tokens')) ?? 0,
      cache_write_tokens: count(member(prompt, 'cache_write_tokens')) ?? 0,
    },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: count(member(completion, 'reasoning_tokens')) ?? 0 },
    total_tokens: count(usage.total_tokens) ?? input + output,
  };
}

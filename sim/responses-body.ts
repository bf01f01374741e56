import type { Answer } from './answer.ts';
import type { Counts } from './counts.ts';
import { CREATED_S, stopOf } from './dialect.ts';
import { seal } from './signature.ts';

/* The `response` object, whole as in JSON or as it is at some point of a stream. */

type Status = 'completed' | 'incomplete' | 'failed';

const STATUSES: Readonly<Record<string, Status>> = {
  end_turn: 'completed',
  stop: 'completed',
  stop_sequence: 'completed',
  tool_use: 'completed',
  tool_calls: 'completed',
  refusal: 'completed',
  max_tokens: 'incomplete',
  length: 'incomplete',
  content_filter: 'incomplete',
  failed: 'failed',
};

export const statusOf = (answer: Answer): Status => stopOf(answer, STATUSES) as Status;

function usageOf({ input, output, cacheRead, reasoning }: Counts): object {
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: cacheRead },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: input + output,
  };
}

export function completed(answer: Answer): object {
  const status = statusOf(answer);
  const { stop } = answer.script;
  return {
    ...begun(answer, status),
    completed_at: status === 'completed' ? CREATED_S + 1 : null,
    error: status === 'failed' ? { code: 'server_error', message: 'The script asks for a failure.' } : null,
    incomplete_details:
      status === 'incomplete'
        ? { reason: stop === 'content_filter' ? 'content_filter' : 'max_output_tokens' }
        : null,
    output: itemsOf(answer),
    usage: answer.counts ? usageOf(answer.counts) : null,
  };
}

/** Before there is any output. */
export function begun(answer: Answer, status: Status | 'in_progress' = 'in_progress'): object {
  return {
    id: `resp_${answer.id}`,
    object: 'response',
    created_at: CREATED_S,
    status,
    background: false,
    completed_at: null,
    error: null,
    incomplete_details: null,
    instructions: null,
    max_output_tokens: null,
    model: answer.model,
    output: [],
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: { effort: null, summary: null },
    service_tier: 'default',
    store: false,
    temperature: 1,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    usage: null,
    user: null,
    metadata: {},
  };
}

function itemsOf(answer: Answer): object[] {
  const items: object[] = [];
  if (answer.thinking.length > 0) items.push(reasoningItem(answer, answer.thinking.join('')));
  const parts = partsOf(answer);
  if (parts.length > 0) items.push(messageItem(answer, parts, isCut(answer) ? 'incomplete' : 'completed'));
  return [...items, ...answer.tools.map((tool) => callItem(tool, tool.pieces.join(''), 'completed'))];
}

const isCut = (answer: Answer): boolean => statusOf(answer) === 'incomplete';

export const textPart = (text: string) => ({ type: 'output_text', annotations: [], logprobs: [], text });
export const refusalPart = (refusal: string) => ({ type: 'refusal', refusal });

function partsOf({ text, refusal }: Answer): object[] {
  return [
    ...(text.length > 0 ? [textPart(text.join(''))] : []),
    ...(refusal.length > 0 ? [refusalPart(refusal.join(''))] : []),
  ];
}

/** @param thinking undefined: there is none of it yet */
export function reasoningItem({ id, asked }: Answer, thinking: string | undefined): object {
  return {
    id: `rs_${id}`,
    type: 'reasoning',
    ...(asked.encrypted && { encrypted_content: thinking === undefined ? '' : seal(thinking) }),
    summary: thinking === undefined ? [] : [{ type: 'summary_text', text: thinking }],
  };
}

export function messageItem({ id }: Answer, content: readonly object[], status: string): object {
  return { id: `msg_${id}`, type: 'message', status, content, role: 'assistant' };
}

export function callItem({ id, name }: Answer['tools'][number], json: string, status: string): object {
  return { id: `fc_${id}`, type: 'function_call', status, arguments: json, call_id: `call_${id}`, name };
}

import { z } from 'zod';
import type { Answer } from './answer.ts';
import type { Counts } from './counts.ts';
import { CREATED_S, type Dialect, type SseEvent, textOf } from './dialect.ts';

const requestSchema = z.looseObject({
  model: z.string().min(1),
  max_tokens: z.int().min(1),
  system: z.unknown().optional(),
  messages: z
    .array(z.looseObject({ role: z.enum(['user', 'assistant']), content: z.unknown().optional() }))
    .min(1),
  stream: z.boolean().optional(),
});

const ERROR_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  403: 'permission_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

/** Of an event: its `type` is also the event's name. */
type Payload = { readonly type: string; readonly [key: string]: unknown };

function error(status: number, message: string): object {
  const type = ERROR_TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
  return { type: 'error', error: { type, message }, request_id: 'req_simulated' };
}

/** What the first event of a stream says was written: the count has only begun. */
const FIRST_OUTPUT = 1;
/** By so much `message_start` is short of the input, where the script has it corrected later. */
const CORRECTION = 18;

function usageOf({ input, output, cacheRead, cacheWrite }: Counts): object {
  return {
    input_tokens: input - cacheRead - cacheWrite,
    cache_creation_input_tokens: cacheWrite,
    cache_read_input_tokens: cacheRead,
    cache_creation: { ephemeral_5m_input_tokens: cacheWrite, ephemeral_1h_input_tokens: 0 },
    output_tokens: output,
    service_tier: 'standard',
  };
}

/** This API does not tell thinking from other output. */
const reportedOf = (counts: Counts): Counts => ({ ...counts, reasoning: 0 });

const stopReason = ({ tools }: Answer): string => (tools.length > 0 ? 'tool_use' : 'end_turn');

const signatureOf = ({ id }: Answer): string => Buffer.from(`signed:${id}`).toString('base64');

function message(answer: Answer, content: readonly object[], stop: string | null, usage: Counts | undefined) {
  return {
    id: `msg_${answer.id}`,
    type: 'message',
    role: 'assistant',
    model: answer.model,
    content,
    stop_reason: stop,
    stop_sequence: null,
    ...(usage && { usage: usageOf(usage) }),
  };
}

/** https://docs.anthropic.com/en/api/messages */
export const anthropic: Dialect = {
  name: 'anthropic',
  path: '/v1/messages',
  usageShapes: ['standard', 'corrected', 'nulls'],
  pings: true,

  requiredHeaders: ['anthropic-version'],
  read(body) {
    const request = requestSchema.parse(body);
    return {
      model: request.model,
      stream: request.stream ?? false,
      includeUsage: true,
      texts: [...textOf(request.system), ...request.messages.flatMap(({ content }) => textOf(content))],
    };
  },

  json(answer) {
    const content: object[] = [];
    if (answer.thinking.length > 0) {
      content.push({
        type: 'thinking',
        thinking: answer.thinking.join(''),
        signature: signatureOf(answer),
      });
    }
    if (answer.text.length > 0) content.push({ type: 'text', text: answer.text.join('') });
    for (const { id, name, arguments: input } of answer.tools) {
      content.push({ type: 'tool_use', id: `toolu_${id}`, name, input });
    }
    return JSON.stringify(message(answer, content, stopReason(answer), answer.counts));
  },

  events(answer) {
    const { counts, script } = answer;
    const shape = script.usageShape ?? 'standard';
    const event = (data: Payload, more: Partial<SseEvent> = {}): SseEvent => ({
      event: data.type,
      data: JSON.stringify(data),
      ...more,
    });

    const first = counts && {
      ...counts,
      input:
        shape === 'corrected'
          ? Math.max(counts.input - CORRECTION, counts.cacheRead + counts.cacheWrite)
          : counts.input,
      output: Math.min(FIRST_OUTPUT, counts.output),
    };
    const start = event(
      { type: 'message_start', message: message(answer, [], null, first) },
      first && { reported: reportedOf(first) },
    );
    const events: SseEvent[] = [start];
    if (script.oddities) events.push(start, event({ type: 'vendor_extension', usage: null }));

    let index = 0;
    const block = (content_block: object, deltas: readonly SseEvent[]): void => {
      events.push(event({ type: 'content_block_start', index, content_block }));
      if (index === 0) events.push(PING);
      events.push(...deltas, event({ type: 'content_block_stop', index }));
      index++;
    };
    const delta = (change: object, more: Partial<SseEvent> = { content: true }): SseEvent =>
      event({ type: 'content_block_delta', index, delta: change }, more);

    if (answer.thinking.length > 0) {
      block({ type: 'thinking', thinking: '', signature: '' }, [
        ...answer.thinking.map((thinking) => delta({ type: 'thinking_delta', thinking })),
        delta({ type: 'signature_delta', signature: signatureOf(answer) }, {}),
      ]);
    }
    if (answer.text.length > 0) {
      block(
        { type: 'text', text: '' },
        answer.text.map((text) => delta({ type: 'text_delta', text }, { content: true, text })),
      );
    }
    for (const { id, name, pieces } of answer.tools) {
      block(
        { type: 'tool_use', id: `toolu_${id}`, name, input: {} },
        pieces.map((partial_json) => delta({ type: 'input_json_delta', partial_json })),
      );
    }

    events.push(
      event(
        {
          type: 'message_delta',
          delta: { stop_reason: stopReason(answer), stop_sequence: null },
          ...(counts && { usage: finalUsage(counts, shape) }),
        },
        counts && { reported: reportedOf(counts) },
      ),
      event({ type: 'message_stop' }),
    );
    return events;
  },

  reported: reportedOf,
  errorBody: (status, message) => JSON.stringify(error(status, message)),
  errorEvent: (message) => ({ event: 'error', data: JSON.stringify(error(529, message)) }),

  models: (names) =>
    JSON.stringify({
      data: names.map((id) => ({
        type: 'model',
        id,
        display_name: id,
        created_at: new Date(CREATED_S * 1000).toISOString(),
      })),
      has_more: false,
      first_id: names[0] ?? null,
      last_id: names.at(-1) ?? null,
    }),

  headers: (id) => ['request-id', `req_${id}`, 'anthropic-organization-id', 'simulated'],
};

const PING: SseEvent = { event: 'ping', data: '{"type": "ping"}' };

function finalUsage(counts: Counts, shape: string): object {
  if (shape === 'corrected') return usageOf(counts);
  if (shape !== 'nulls') return { output_tokens: counts.output };
  return {
    input_tokens: null,
    cache_creation_input_tokens: null,
    cache_read_input_tokens: null,
    output_tokens: counts.output,
  };
}

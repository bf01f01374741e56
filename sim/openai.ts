import { z } from 'zod';
import type { Answer } from './answer.ts';
import { type Counts, tokensOf } from './counts.ts';
import { CREATED_S, type Dialect, Refusal, type SseEvent, textOf } from './dialect.ts';

const requestSchema = z.looseObject({
  model: z.string().min(1),
  messages: z.array(z.looseObject({ role: z.string(), content: z.unknown().optional() })).min(1),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().optional() }).nullish(),
});

const ERROR_TYPES: Readonly<Record<number, readonly [type: string, code: string | null]>> = {
  401: ['invalid_request_error', 'invalid_api_key'],
  404: ['invalid_request_error', 'model_not_found'],
  429: ['requests', 'rate_limit_exceeded'],
};

function error(status: number, message: string): object {
  const [type, code] = ERROR_TYPES[status] ?? [status < 500 ? 'invalid_request_error' : 'server_error', null];
  return { error: { message, type, param: null, code } };
}

function usageOf(counts: Counts): object {
  return {
    prompt_tokens: counts.input,
    completion_tokens: counts.output,
    total_tokens: counts.input + counts.output,
    prompt_tokens_details: { cached_tokens: counts.cacheRead, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: counts.reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

/** This API has no word for tokens written to the cache: they are reported as plain input. */
const reportedOf = (counts: Counts): Counts => ({ ...counts, cacheWrite: 0 });

const finishReason = ({ tools }: Answer): string => (tools.length > 0 ? 'tool_calls' : 'stop');

/** https://platform.openai.com/docs/api-reference/chat */
export const openai: Dialect = {
  name: 'openai',
  path: '/v1/chat/completions',
  usageShapes: ['standard', 'every-chunk', 'finish-chunk'],
  pings: false,

  requiredHeaders: [],
  read(body) {
    const request = requestSchema.parse(body);
    const stream = request.stream ?? false;
    if (request.stream_options && !stream) {
      throw new Refusal(400, "The 'stream_options' parameter is only allowed when 'stream' is enabled.");
    }
    return {
      model: request.model,
      stream,
      includeUsage: request.stream_options?.include_usage ?? false,
      texts: request.messages.flatMap(({ content }) => textOf(content)),
    };
  },

  json(answer) {
    const content = answer.text.join('');
    return JSON.stringify({
      id: `chatcmpl-${answer.id}`,
      object: 'chat.completion',
      created: CREATED_S,
      model: answer.model,
      choices: [
        {
          index: 0,
          message: {
            role: 'assistant',
            content: content === '' && answer.tools.length > 0 ? null : content,
            ...(answer.thinking.length > 0 && { reasoning_content: answer.thinking.join('') }),
            ...(answer.tools.length > 0 && {
              tool_calls: answer.tools.map(({ id, name, pieces }) => ({
                id: `call_${id}`,
                type: 'function',
                function: { name, arguments: pieces.join('') },
              })),
            }),
            refusal: null,
            annotations: [],
          },
          logprobs: null,
          finish_reason: finishReason(answer),
        },
      ],
      ...(answer.counts && { usage: usageOf(answer.counts) }),
      service_tier: 'default',
      system_fingerprint: 'fp_simulated',
    });
  },

  events(answer) {
    const { counts, script, asked } = answer;
    const shape = script.usageShape ?? 'standard';
    const separate = counts !== undefined && shape === 'standard' && asked.includeUsage;
    let written = 0;

    const frame = (choices: readonly object[], usage: Counts | undefined): SseEvent => ({
      data: JSON.stringify({
        id: `chatcmpl-${answer.id}`,
        object: 'chat.completion.chunk',
        created: CREATED_S,
        model: answer.model,
        service_tier: 'default',
        system_fingerprint: 'fp_simulated',
        choices,
        ...(usage ? { usage: usageOf(usage) } : separate && { usage: null }),
      }),
      ...(usage && { reported: reportedOf(usage) }),
    });
    const chunk = (delta: object, finish_reason: string | null = null, said = ''): SseEvent => {
      written += tokensOf(said);
      const everywhere = counts !== undefined && shape === 'every-chunk';
      const last = counts !== undefined && finish_reason !== null && shape !== 'standard';
      const running = everywhere && !last ? { ...counts, output: Math.min(written, counts.output) } : counts;
      return frame(
        [{ index: 0, delta, logprobs: null, finish_reason }],
        everywhere || last ? running : undefined,
      );
    };
    const content = (delta: object, said: string, text?: string): SseEvent => ({
      ...chunk(delta, null, said),
      content: true,
      ...(text !== undefined && { text }),
    });

    const events: SseEvent[] = [];
    if (script.oddities) {
      // Copilot's first chunk: it has no choices although it does not report usage.
      events.push({
        data: JSON.stringify({
          choices: [],
          created: 0,
          id: '',
          model: '',
          prompt_filter_results: [{ prompt_index: 0, content_filter_results: {} }],
        }),
      });
    }
    events.push(
      chunk({ role: 'assistant', content: answer.text.length > 0 ? '' : null, refusal: null }),
      ...answer.thinking.map((piece) => content({ reasoning_content: piece }, piece)),
      ...answer.text.map((piece) => content({ content: piece }, piece, piece)),
      ...toolDeltas(answer).map(([call, said]) => content({ tool_calls: [call] }, said)),
      chunk({}, finishReason(answer)),
    );
    if (separate) events.push(frame([], counts));
    events.push({ data: '[DONE]' });
    return events;
  },

  reported: reportedOf,
  errorBody: (status, message) => JSON.stringify(error(status, message)),
  errorEvent: (message) => ({ data: JSON.stringify(error(500, message)) }),

  models: (names) =>
    JSON.stringify({
      object: 'list',
      data: names.map((id) => ({ id, object: 'model', created: CREATED_S, owned_by: 'simulator' })),
    }),

  headers: (id) => [
    'x-request-id',
    `req_${id}`,
    'openai-processing-ms',
    '12',
    'openai-version',
    '2020-10-01',
    'x-ratelimit-limit-requests',
    '10000',
    'x-ratelimit-remaining-requests',
    '9999',
    'x-ratelimit-reset-requests',
    '6ms',
  ],
};

/** Deltas of the tool calls, each with what it adds to the arguments. */
function toolDeltas({ tools, script }: Answer): [call: object, said: string][] {
  return tools.flatMap(({ id, name, pieces }, index): [object, string][] => {
    const start = { id: `call_${id}`, type: 'function' };
    if (script.toolShape === 'whole') {
      const whole = pieces.join('');
      return [[{ ...start, function: { name, arguments: whole } }, whole]];
    }
    return [
      [{ index, ...start, function: { name, arguments: '' } }, ''],
      ...pieces.map((piece): [object, string] => [{ index, function: { arguments: piece } }, piece]),
    ];
  });
}

import type { Answer } from './answer.ts';
import { CREATED_S, type Dialect, type RefusalDetails, textOf, textsOf } from './dialect.ts';
import { chatEvents } from './openai-events.ts';
import { judgeModel } from './openai-models.ts';
import { parseChat } from './openai-request.ts';
import { judgeChat, judgeThoughts } from './openai-rules.ts';
import { finishReason, reportedOf, usageOf } from './openai-usage.ts';
import { accentOf } from './vendor.ts';

const ERROR_TYPES: Readonly<Record<number, readonly [type: string, code: string | null]>> = {
  401: ['invalid_request_error', 'invalid_api_key'],
  404: ['invalid_request_error', 'model_not_found'],
  429: ['requests', 'rate_limit_exceeded'],
};

export function openaiError(status: number, message: string, details: RefusalDetails = {}): object {
  const [type, code] = ERROR_TYPES[status] ?? [status < 500 ? 'invalid_request_error' : 'server_error', null];
  return { error: { message, type, param: details.param ?? null, code: details.code ?? code } };
}

/** https://platform.openai.com/docs/api-reference/chat */
export const openai: Dialect = {
  name: 'openai',
  path: '/v1/chat/completions',
  usageShapes: ['standard', 'every-chunk', 'finish-chunk'],
  pings: false,

  requiredHeaders: [],
  read(body) {
    const request = parseChat(body);
    judgeChat(request);
    judgeModel(request);
    const said = request.messages.map(({ role, content }) => ({
      assistant: role === 'assistant',
      texts: textOf(content),
    }));
    return {
      model: request.model,
      stream: request.stream ?? false,
      includeUsage: request.stream_options?.include_usage ?? false,
      ...textsOf(said),
      admit: ({ vendor, signatures }) => {
        if (vendor === 'gemini' && signatures !== 'any') judgeThoughts(request.messages);
      },
    };
  },

  json: (answer) =>
    JSON.stringify({
      id: `chatcmpl-${answer.id}`,
      object: 'chat.completion',
      created: CREATED_S,
      model: accentOf(answer).model ?? answer.model,
      choices: [
        {
          index: 0,
          message: message(answer),
          logprobs: null,
          finish_reason: finishReason(answer),
          ...accentOf(answer).choice,
        },
      ],
      ...(answer.counts && { usage: usageOf(answer.counts) }),
      service_tier: 'default',
      system_fingerprint: 'fp_simulated',
    }),
  events: chatEvents,

  reported: reportedOf,
  errorBody: (status, message, details) => JSON.stringify(openaiError(status, message, details)),
  errorEvent: (message, answer) => ({
    data: JSON.stringify(accentOf(answer).error?.(message) ?? openaiError(500, message)),
  }),

  models: (names) =>
    JSON.stringify({
      object: 'list',
      data: names.map((id) => ({ id, object: 'model', created: CREATED_S, owned_by: 'simulator' })),
    }),

  headers: (id) => [
    ...['x-request-id', `req_${id}`, 'openai-processing-ms', '12', 'openai-version', '2020-10-01'],
    ...['x-ratelimit-limit-requests', '10000', 'x-ratelimit-remaining-requests', '9999'],
    ...['x-ratelimit-reset-requests', '6ms'],
  ],
};

function message(answer: Answer): object {
  const { text, tools, refusal, thinking } = answer;
  const content = text.join('');
  const { thought, call } = accentOf(answer);
  return {
    role: 'assistant',
    ...(thinking.length > 0 && thought(thinking.join(''))),
    content: content === '' && (tools.length > 0 || refusal.length > 0) ? null : content,
    ...(tools.length > 0 && {
      tool_calls: tools.map(({ id, name, pieces }, i) => ({
        id: `call_${id}`,
        type: 'function',
        function: { name, arguments: pieces.join('') },
        ...call(name, i),
      })),
    }),
    refusal: refusal.length > 0 ? refusal.join('') : null,
    annotations: [],
  };
}

import type { Answer } from './answer.ts';
import { events, message, reportedOf, signatureOf } from './anthropic-events.ts';
import { type CountRequest, parseMessages } from './anthropic-request.ts';
import { judgeMessages, judgeSignatures } from './anthropic-rules.ts';
import { CREATED_S, type Dialect, textOf, textsOf } from './dialect.ts';
import { seal } from './signature.ts';

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

export function anthropicError(status: number, message: string): object {
  const type = ERROR_TYPES[status] ?? (status < 500 ? 'invalid_request_error' : 'api_error');
  return { type: 'error', error: { type, message }, request_id: 'req_simulated' };
}

export function anthropicTexts({ system, messages }: Pick<CountRequest, 'system' | 'messages'>) {
  return textsOf([
    { assistant: false, texts: textOf(system) },
    ...messages.map(({ role, content }) => ({ assistant: role === 'assistant', texts: textOf(content) })),
  ]);
}

/** https://docs.anthropic.com/en/api/messages */
export const anthropic: Dialect = {
  name: 'anthropic',
  path: '/v1/messages',
  usageShapes: ['standard', 'corrected', 'nulls'],
  pings: true,

  requiredHeaders: ['anthropic-version'],
  read(body, isBeta) {
    const request = parseMessages(body, isBeta);
    judgeMessages(request);
    return {
      model: request.model,
      stream: request.stream ?? false,
      includeUsage: true,
      ...anthropicTexts(request),
      admit: ({ signatures }) => {
        if (signatures !== 'any') judgeSignatures(request.messages);
      },
    };
  },

  json: (answer) => JSON.stringify(message(answer, content(answer), answer.counts)),
  events,

  reported: reportedOf,
  errorBody: (status, message) => JSON.stringify(anthropicError(status, message)),
  errorEvent: (message) => ({ event: 'error', data: JSON.stringify(anthropicError(529, message)) }),

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

function content(answer: Answer): object[] {
  const blocks: object[] = [];
  if (answer.thinking.length > 0) {
    const thinking = answer.thinking.join('');
    blocks.push({ type: 'thinking', thinking, signature: signatureOf(answer) });
  }
  if (answer.script.redacted) blocks.push({ type: 'redacted_thinking', data: seal(answer.id) });
  if (answer.text.length > 0) blocks.push({ type: 'text', text: answer.text.join('') });
  for (const { id, name, arguments: input } of answer.tools) {
    blocks.push({ type: 'tool_use', id: `toolu_${id}`, name, input });
  }
  return blocks;
}

import { type Dialect, type Said, textOf, textsOf } from './dialect.ts';
import { openai } from './openai.ts';
import { completed } from './responses-body.ts';
import { responsesEvents } from './responses-events.ts';
import { type Item, parseResponses } from './responses-request.ts';
import { judgeEncrypted, judgeResponses } from './responses-rules.ts';

/** https://platform.openai.com/docs/api-reference/responses */
export const responses: Dialect = {
  ...openai,
  path: '/v1/responses',
  usageShapes: ['standard'],

  read(body) {
    const request = parseResponses(body);
    judgeResponses(request);
    const { model, input, instructions, stream, include } = request;
    const said = typeof input === 'string' ? [{ assistant: false, texts: [input] }] : input.map(saidIn);
    return {
      model,
      stream: stream ?? false,
      includeUsage: true,
      ...textsOf([{ assistant: false, texts: textOf(instructions) }, ...said]),
      encrypted: include?.includes('reasoning.encrypted_content') ?? false,
      admit: ({ signatures }) => {
        if (signatures !== 'any') judgeEncrypted(input);
      },
    };
  },

  json: (answer) => JSON.stringify(completed(answer)),
  events: responsesEvents,
  // The types of the SDK have these fields beside `type`, but on the wire they were seen inside `error`.
  errorEvent: (message, _answer, at) => {
    const error = { type: 'server_error', code: 'server_error', message, param: null };
    return { event: 'error', data: JSON.stringify({ type: 'error', sequence_number: at, error }) };
  },
};

function saidIn(item: Item): Said {
  switch (item.type) {
    case 'function_call':
    case 'custom_tool_call':
    case 'reasoning':
      return { assistant: true, texts: [] };
    case 'function_call_output':
    case 'custom_tool_call_output':
      return { assistant: false, texts: textOf(item.output) };
    case 'item_reference':
      return { assistant: false, texts: [] };
    default:
      return { assistant: item.role === 'assistant', texts: textOf(item.content) };
  }
}

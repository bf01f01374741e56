import type { ErrorWords } from '../errors.ts';
import { type Api, count, member } from './api.ts';
import { openai } from './openai.ts';

const event = (data: object): string => `event: ${member(data, 'type')}\ndata: ${JSON.stringify(data)}\n\n`;

/**
 * Two events, as OpenAI sends them. The SDKs throw at the first one, for its `error` object; its other fields are those
 * of the API's documentation. Codex passes over it, and takes message and code from the second one. The numbers are not
 * those of the stream, which nobody counts that only passes it on.
 */
function errorEvent(
  { publicMessage: message, openaiType: type, openaiCode, param }: ErrorWords,
  requestId: string,
): string {
  const code = openaiCode ?? type;
  const error = { type, code, message, param };
  const response = {
    id: `resp_${requestId}`,
    object: 'response',
    status: 'failed',
    error: { code, message },
    output: [],
  };
  return (
    event({ type: 'error', sequence_number: 0, code, message, param, error }) +
    event({ type: 'response.failed', sequence_number: 1, response })
  );
}

/** https://platform.openai.com/docs/api-reference/responses */
export const responses: Api = {
  ...openai,
  name: 'responses',
  path: '/v1/responses',
  errorEvent,
  event,
  endMark: '',
  endMarkRequired: true,
  answerRepeated: true,

  // `input_tokens` includes cached tokens, read and written, `output_tokens` includes reasoning.
  readUsage(usage, counts) {
    const input = count(member(usage, 'input_tokens'));
    counts.input = input ?? counts.input;
    const output = count(member(usage, 'output_tokens'));
    counts.output = output ?? counts.output;
    const details = member(usage, 'input_tokens_details');
    counts.cacheRead = count(member(details, 'cached_tokens')) ?? counts.cacheRead;
    counts.cacheWrite = count(member(details, 'cache_write_tokens')) ?? counts.cacheWrite;
    counts.reasoning =
      count(member(member(usage, 'output_tokens_details'), 'reasoning_tokens')) ?? counts.reasoning;
    return input !== undefined && output !== undefined;
  },
};

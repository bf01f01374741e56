import type { ErrorWords } from '../errors.ts';
import { type Api, count, member } from './api.ts';
import { openai } from './openai.ts';

/** `error` once more as an object, because that is what makes the official SDK throw. */
function errorEvent({ publicMessage: message, openaiType, openaiCode: code, param }: ErrorWords): string {
  const error = { message, type: openaiType, param, code };
  return `event: error\ndata: ${JSON.stringify({ type: 'error', code, message, param, error })}\n\n`;
}

/** https://platform.openai.com/docs/api-reference/responses */
export const responses: Api = {
  ...openai,
  name: 'responses',
  path: '/v1/responses',
  errorEvent,
  event: (data) => `event: ${member(data, 'type')}\ndata: ${JSON.stringify(data)}\n\n`,
  endMark: '',
  endMarkRequired: true,

  // `input_tokens` includes cached tokens, `output_tokens` includes reasoning.
  readUsage(usage, counts) {
    counts.input = count(member(usage, 'input_tokens')) ?? counts.input;
    const output = count(member(usage, 'output_tokens'));
    counts.output = output ?? counts.output;
    counts.cacheRead =
      count(member(member(usage, 'input_tokens_details'), 'cached_tokens')) ?? counts.cacheRead;
    counts.reasoning =
      count(member(member(usage, 'output_tokens_details'), 'reasoning_tokens')) ?? counts.reasoning;
    return output !== undefined;
  },
};

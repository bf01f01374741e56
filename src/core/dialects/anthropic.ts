import type { ErrorWords } from '../errors.ts';
import type { TokenCounts } from '../types.ts';
import { type Api, count, member } from './api.ts';

function errorBody(error: ErrorWords, requestId: string): string {
  const { anthropicType: type, publicMessage: message, anthropicDetails: details } = error;
  return JSON.stringify({ type: 'error', error: { type, message, details }, request_id: requestId });
}

const PING = Buffer.from('event: ping\ndata: {"type":"ping"}\n\n');

/** Input tokens outside the cache. Kept beside the counts, whose `input` includes the cached ones. */
const uncached = (counts: TokenCounts): number => counts.input - counts.cacheRead - counts.cacheWrite;

/** https://docs.anthropic.com/en/api/messages */
export const messages: Api = {
  name: 'messages',
  dialect: 'anthropic',
  path: '/v1/messages',
  metered: true,
  errorBody,
  errorEvent: (error, requestId) => `event: error\ndata: ${errorBody(error, requestId)}\n\n`,
  event: (data) => `event: ${member(data, 'type')}\ndata: ${JSON.stringify(data)}\n\n`,
  endMark: '',
  ping: PING,
  authorization: (key) => ['x-api-key', key],
  forwardedHeaders: ['accept', 'anthropic-version', 'anthropic-beta', 'traceparent', 'tracestate'],
  endMarkRequired: true,
  answerRepeated: false,
  usageOnRequest: false,

  // `message_delta` repeats cumulative totals and may correct what `message_start` said: each field that is there
  // replaces the earlier one, none is added.
  readUsage(usage, counts) {
    const told = member(usage, 'input_tokens') ?? undefined;
    const input = count(told);
    const before = uncached(counts);
    counts.cacheRead = count(member(usage, 'cache_read_input_tokens')) ?? counts.cacheRead;
    counts.cacheWrite = count(member(usage, 'cache_creation_input_tokens')) ?? counts.cacheWrite;
    counts.input = (input ?? before) + counts.cacheRead + counts.cacheWrite;
    const output = count(member(usage, 'output_tokens'));
    counts.output = output ?? counts.output;
    counts.reasoning =
      count(member(member(usage, 'output_tokens_details'), 'thinking_tokens')) ?? counts.reasoning;
    // `message_delta` need not repeat its input; one that is no number of tokens is no report.
    return output !== undefined && (told === undefined || input !== undefined);
  },
};

/** Nothing is generated, and nothing is charged: https://docs.anthropic.com/en/api/messages-count-tokens */
export const countTokens: Api = {
  ...messages,
  name: 'count_tokens',
  path: '/v1/messages/count_tokens',
  ping: undefined,
  metered: false,
};

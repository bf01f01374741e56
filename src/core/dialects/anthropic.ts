import type { ProxyError } from '../errors.ts';
import type { TokenCounts } from '../types.ts';
import { count, type Dialect, member } from './dialect.ts';

function errorBody(error: ProxyError, requestId: string): string {
  return JSON.stringify({
    type: 'error',
    error: { type: error.spec.anthropicType, message: error.publicMessage },
    request_id: requestId,
  });
}

/** Input tokens outside the cache. Kept beside the counts, whose `input` includes the cached ones. */
const uncached = (counts: TokenCounts): number => counts.input - counts.cacheRead - counts.cacheWrite;

/** https://docs.anthropic.com/en/api/messages */
export const anthropic: Dialect = {
  name: 'anthropic',
  errorBody,
  errorEvent: (error, requestId) => `event: error\ndata: ${errorBody(error, requestId)}\n\n`,
  authorization: (key) => ['x-api-key', key],
  forwardedHeaders: ['accept', 'anthropic-version', 'anthropic-beta', 'traceparent', 'tracestate'],
  endMarkRequired: true,
  usageOnRequest: false,

  // `message_delta` repeats cumulative totals and may correct what `message_start` said: each field that is there
  // replaces the earlier one, none is added.
  readUsage(usage, counts) {
    const input = count(member(usage, 'input_tokens')) ?? uncached(counts);
    counts.cacheRead = count(member(usage, 'cache_read_input_tokens')) ?? counts.cacheRead;
    counts.cacheWrite = count(member(usage, 'cache_creation_input_tokens')) ?? counts.cacheWrite;
    counts.input = input + counts.cacheRead + counts.cacheWrite;
    const output = count(member(usage, 'output_tokens'));
    counts.output = output ?? counts.output;
    return output !== undefined;
  },
};

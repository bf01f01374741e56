import type { ProxyError } from '../errors.ts';
import { count, type Dialect, member } from './dialect.ts';

function errorBody(error: ProxyError): string {
  const { openaiType: type, openaiCode: code } = error.spec;
  return JSON.stringify({ error: { message: error.publicMessage, type, param: error.param, code } });
}

/** https://platform.openai.com/docs/api-reference/chat */
export const openai: Dialect = {
  name: 'openai',
  errorBody,
  errorEvent: (error) => `data: ${errorBody(error)}\n\n`,
  authorization: (key) => ['authorization', `Bearer ${key}`],
  forwardedHeaders: ['accept', 'openai-beta', 'traceparent', 'tracestate'],
  endMarkRequired: false,
  usageOnRequest: true,

  // `prompt_tokens` includes cached tokens, `completion_tokens` includes reasoning. Some upstreams send a running
  // total in every chunk: the last one counts.
  readUsage(usage, counts) {
    const prompt = member(usage, 'prompt_tokens_details');
    const completion = member(usage, 'completion_tokens_details');
    counts.input = count(member(usage, 'prompt_tokens')) ?? counts.input;
    const output = count(member(usage, 'completion_tokens'));
    counts.output = output ?? counts.output;
    counts.cacheRead = count(member(prompt, 'cached_tokens')) ?? counts.cacheRead;
    counts.reasoning = count(member(completion, 'reasoning_tokens')) ?? counts.reasoning;
    return output !== undefined;
  },
};

import type { ErrorWords } from '../errors.ts';
import { type Api, count, member } from './api.ts';

function errorBody({
  publicMessage: message,
  openaiType: type,
  param,
  openaiCode: code,
}: ErrorWords): string {
  return JSON.stringify({ error: { message, type, param, code } });
}

/** Comments are part of SSE, and every reader passes over them. */
const PING = Buffer.from(': ping\n\n');

/** What the APIs of this dialect have in common. */
export const openai = {
  dialect: 'openai',
  metered: true,
  errorBody,
  errorEvent: (error) => `data: ${errorBody(error)}\n\n`,
  event: (data) => `data: ${JSON.stringify(data)}\n\n`,
  endMark: 'data: [DONE]\n\n',
  ping: PING,
  authorization: (key) => ['authorization', `Bearer ${key}`],
  forwardedHeaders: ['accept', 'openai-beta', 'traceparent', 'tracestate'],
  endMarkRequired: false,
  answerRepeated: false,
  usageOnRequest: false,

  // `prompt_tokens` includes cached tokens, `completion_tokens` includes reasoning. Some upstreams send a running
  // total in every chunk: the last one counts. DeepSeek names cached tokens otherwise.
  readUsage(usage, counts) {
    const prompt = member(usage, 'prompt_tokens_details');
    const completion = member(usage, 'completion_tokens_details');
    const input = count(member(usage, 'prompt_tokens'));
    counts.input = input ?? counts.input;
    const output = count(member(usage, 'completion_tokens'));
    counts.output = output ?? counts.output;
    counts.cacheRead =
      count(member(prompt, 'cached_tokens')) ??
      count(member(usage, 'prompt_cache_hit_tokens')) ??
      counts.cacheRead;
    counts.cacheWrite = count(member(prompt, 'cache_write_tokens')) ?? counts.cacheWrite;
    counts.reasoning = count(member(completion, 'reasoning_tokens')) ?? counts.reasoning;
    return input !== undefined && output !== undefined;
  },
} as const satisfies Omit<Api, 'name' | 'path'>;

/** https://platform.openai.com/docs/api-reference/chat */
export const chat: Api = { ...openai, name: 'chat', path: '/v1/chat/completions', usageOnRequest: true };

/** https://platform.openai.com/docs/api-reference/embeddings */
export const embeddings: Api = {
  ...openai,
  name: 'embeddings',
  path: '/v1/embeddings',
  ping: undefined,
  // Nothing is generated.
  readUsage(usage, counts) {
    const input = count(member(usage, 'prompt_tokens'));
    counts.input = input ?? counts.input;
    return input !== undefined;
  },
};

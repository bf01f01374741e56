import { anthropic, anthropicTexts } from './anthropic.ts';
import { parseCount } from './anthropic-request.ts';
import { judgeCount, judgeSignatures } from './anthropic-rules.ts';
import type { Counts } from './counts.ts';
import type { Dialect } from './dialect.ts';

const onlyInput = ({ input }: Counts): Counts => ({
  input,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  reasoning: 0,
});

/** https://docs.anthropic.com/en/api/messages-count-tokens. Its count is the `input` of the script, or its own. */
export const countTokens: Dialect = {
  ...anthropic,
  path: '/v1/messages/count_tokens',
  usageShapes: ['standard'],
  pings: false,
  read(body, isBeta) {
    const request = parseCount(body, isBeta);
    judgeCount(request);
    return {
      model: request.model,
      stream: false,
      includeUsage: true,
      ...anthropicTexts(request),
      admit: ({ signatures }) => {
        if (signatures !== 'any') judgeSignatures(request.messages);
      },
    };
  },
  json: ({ counts }) => JSON.stringify({ input_tokens: counts?.input ?? 0 }),
  events: () => [],
  reported: onlyInput,
};

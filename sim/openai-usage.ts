import type { Answer } from './answer.ts';
import type { Counts } from './counts.ts';
import { stopOf } from './dialect.ts';

const STOPS: Readonly<Record<string, string>> = {
  end_turn: 'stop',
  stop: 'stop',
  stop_sequence: 'stop',
  refusal: 'stop',
  max_tokens: 'length',
  length: 'length',
  tool_use: 'tool_calls',
  tool_calls: 'tool_calls',
  content_filter: 'content_filter',
};

export const finishReason = (answer: Answer): string => stopOf(answer, STOPS);

/** This API has no word for tokens written to the cache: they are reported as plain input. */
export const reportedOf = (counts: Counts): Counts => ({ ...counts, cacheWrite: 0 });

export function usageOf(counts: Counts): object {
  return {
    prompt_tokens: counts.input,
    completion_tokens: counts.output,
    total_tokens: counts.input + counts.output,
    prompt_tokens_details: { cached_tokens: counts.cacheRead, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: counts.reasoning,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

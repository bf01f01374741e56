import { isObject } from '../read.ts';
import type { Translation } from '../translation.ts';
import { translateAnswer } from './answer.ts';
import { readRequest } from './request.ts';
import { ChatStream } from './stream.ts';

/** From OpenAI's chat completions to Anthropic's messages. */
export const chatMessages: Translation = {
  open(request, options) {
    const { stream_options: streaming } = request;
    const includeUsage = isObject(streaming) && streaming.include_usage === true;
    return {
      request: readRequest(request, options),
      answer: {
        document: (answer) => translateAnswer(answer, options),
        stream: (emit) => new ChatStream(emit, options, includeUsage),
      },
    };
  },
};

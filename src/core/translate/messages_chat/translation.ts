import { ToolNames } from '../toolnames.ts';
import type { Translation } from '../translation.ts';
import { translateDocument } from './document.ts';
import { translateRequest } from './request.ts';
import { MessageEvents } from './stream.ts';

/** For clients of Anthropic's messages, Claude Code above all, on upstreams that have OpenAI's chat completions. */
export const messagesChat: Translation = {
  open(request, options) {
    const names = new ToolNames();
    return {
      request: translateRequest(request, options.model, names),
      answer: {
        document: (answer) => translateDocument(answer, names, options),
        stream: (emit) => new MessageEvents(emit, names, options),
      },
    };
  },
};

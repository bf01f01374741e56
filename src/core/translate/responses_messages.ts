import { chatMessages } from './chat_messages/translation.ts';
import { isObject } from './read.ts';
import { responsesChat } from './responses_chat/translation.ts';
import type { Translation } from './translation.ts';

/** By way of chat completions: the request goes through two translations, and each event of the answer back through both. */
export const responsesMessages: Translation = {
  open(request, options) {
    const { request: between, answer: outer } = responsesChat.open(request, options);
    // The model's own translation knows best what effort it takes.
    const reasoning_effort = isObject(request.reasoning) ? request.reasoning.effort : undefined;
    const { request: sent, answer: inner } = chatMessages.open({ ...between, reasoning_effort }, options);
    return {
      request: sent,
      answer: {
        document: (answer) => outer.document(inner.document(answer)),
        stream(emit) {
          const last = outer.stream(emit);
          const first = inner.stream((event) => last.push(event));
          return {
            push: (event) => first.push(event),
            end() {
              first.end();
              last.end();
            },
          };
        },
      },
    };
  },
};

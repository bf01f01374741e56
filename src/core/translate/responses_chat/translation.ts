import { listOf } from '../read.ts';
import type { JsonObject, Translation } from '../translation.ts';
import { requestFor } from './request.ts';
import type { Frame } from './response.ts';
import { ResponseStream } from './stream.ts';
import { Tools } from './tools.ts';

/** https://platform.openai.com/docs/api-reference/responses by way of https://platform.openai.com/docs/api-reference/chat */
export const responsesChat: Translation = {
  open(request, { model, id, now }) {
    const tools = new Tools(request.tools);
    const { input: _, ...settings } = request;
    const frame: Frame = { id, createdAt: Math.floor(now / 1000), settings };
    return {
      request: requestFor(request, model, tools),
      answer: {
        document: (answer) => documentOf(answer, (emit) => new ResponseStream(frame, model, tools, emit)),
        stream: (emit) => new ResponseStream(frame, model, tools, emit),
      },
    };
  },
};

/** A whole answer is a stream with one event, of which the last word is kept. */
function documentOf(
  answer: JsonObject,
  open: (emit: (event: JsonObject) => void) => ResponseStream,
): JsonObject {
  let last: JsonObject = {};
  const stream = open((event) => {
    last = event;
  });
  stream.push({
    ...answer,
    choices: listOf(answer.choices).map(({ message, ...choice }) => ({ ...choice, delta: message })),
  });
  stream.end();
  return last.response as JsonObject;
}

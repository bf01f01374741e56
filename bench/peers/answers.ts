const CREATED = 1_700_000_000;
const MODEL = 'bench';
const ID = 'chatcmpl-bench';
const DEFAULT_TEXT_BYTES = 12;
const USAGE = { prompt_tokens: 32, completion_tokens: 64, total_tokens: 96 };

/** A chat completion of exactly so many bytes, with usage. @throws if they are too few */
export function completion(bytes: number): Buffer {
  const text = (content: string): string =>
    JSON.stringify({
      id: ID,
      object: 'chat.completion',
      created: CREATED,
      model: MODEL,
      choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
      usage: USAGE,
    });
  const room = bytes - text('').length;
  if (room < 0) throw new Error(`a completion takes ${bytes - room} bytes at least`);
  return Buffer.from(text(words(room)));
}

/** The events of a stream, each whole. */
export interface StreamParts {
  /** One for each content chunk. */
  readonly chunks: readonly Buffer[];
  /** The finish reason, usage and the end mark. */
  readonly tail: Buffer;
}

/** @param textBytes content of each chunk */
export function stream(chunks: number, textBytes: number = DEFAULT_TEXT_BYTES): StreamParts {
  const choice = (delta: object, reason: string | null = null) => ({
    choices: [{ index: 0, delta, finish_reason: reason }],
  });
  const content = words(textBytes);
  const first = event(choice({ role: 'assistant', content }));
  const other = event(choice({ content }));
  const tail = [event(choice({}, 'stop')), event({ choices: [], usage: USAGE }), 'data: [DONE]\n\n'];
  return {
    chunks: Array.from({ length: chunks }, (_, i) => (i === 0 ? first : other)),
    tail: Buffer.concat(tail.map((part) => Buffer.from(part))),
  };
}

function event(fields: object): Buffer {
  const chunk = { id: ID, object: 'chat.completion.chunk', created: CREATED, model: MODEL, ...fields };
  return Buffer.from(`data: ${JSON.stringify(chunk)}\n\n`);
}

/** Text of so many bytes that JSON does not escape. */
function words(bytes: number): string {
  return 'lorem ipsum dolor sit amet '.repeat(Math.ceil(bytes / 27)).slice(0, bytes);
}

import { type Asked, textOf, textsOf } from './dialect.ts';

interface LooseMessage {
  readonly role?: unknown;
  readonly content?: unknown;
}

/** What can be made of a body that may break every rule: for scripts that say `lenient`. */
export function readLoosely(body: unknown): Asked {
  const { model, stream, stream_options, system, messages, input } = Object(body) as Record<string, unknown>;
  const list = [messages, input].flatMap((value) => (Array.isArray(value) ? (value as unknown[]) : []));
  const said = list.map((message) => {
    const { role, content } = Object(message) as LooseMessage;
    return { assistant: role === 'assistant', texts: textOf(content) };
  });
  return {
    model: String(model),
    stream: stream === true,
    includeUsage: (Object(stream_options) as { include_usage?: unknown }).include_usage === true,
    ...textsOf([{ assistant: false, texts: textOf(system) }, ...said]),
  };
}

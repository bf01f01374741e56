import { listOf, textOf } from './read.ts';
import type { JsonObject } from './translation.ts';

/** What an answer's content says, in the order in which it says it. */
export interface Said {
  readonly thinking: boolean;
  readonly text: string;
}

/**
 * The `content` of an answer, or of a part of one: a text, or a list of parts, as Mistral's models that reason have it.
 * https://docs.mistral.ai/capabilities/reasoning/
 */
export function saidIn(content: unknown): readonly Said[] {
  if (typeof content === 'string') return content === '' ? [] : [{ thinking: false, text: content }];
  return listOf(content)
    .map(({ type, text, thinking }) =>
      type === 'thinking'
        ? { thinking: true, text: textOf(thinking) || textIn(thinking) }
        : { thinking: false, text: textOf(text) },
    )
    .filter(({ text }) => text !== '');
}

const textIn = (parts: unknown): string =>
  listOf(parts)
    .map(({ text }) => textOf(text))
    .join('');

/** The part that such thinking goes back in. */
export const thinkingPart = (text: string): JsonObject => ({
  type: 'thinking',
  thinking: [{ type: 'text', text }],
});

/** The content of an assistant's message that has such thinking. */
export function contentWith(thoughts: readonly JsonObject[], text: string): readonly JsonObject[] {
  return text === '' ? thoughts : [...thoughts, { type: 'text', text }];
}

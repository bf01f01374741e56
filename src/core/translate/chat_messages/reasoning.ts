import { listOf, textOf } from '../read.ts';
import type { JsonObject } from '../translation.ts';
import { type Block, isThinking } from './blocks.ts';

/** What OpenRouter calls the signed thinking of Anthropic: https://openrouter.ai/docs/use-cases/reasoning-tokens */
export const FORMAT = 'anthropic-claude-v1';

/** A part of the thinking, as it stands in `reasoning_details`. @param index tells apart several blocks of a turn */
export const thinkingDetail = (index: number, text: string): JsonObject => ({
  type: 'reasoning.text',
  text,
  format: FORMAT,
  index,
});

export const signatureDetail = (index: number, signature: string): JsonObject => ({
  type: 'reasoning.text',
  signature,
  format: FORMAT,
  index,
});

export const redactedDetail = (index: number, data: string): JsonObject => ({
  type: 'reasoning.encrypted',
  data,
  format: FORMAT,
  index,
});

/** The thinking of an answer, as members of its message. */
export function reasoningOf(blocks: readonly JsonObject[]): JsonObject {
  const thoughts = blocks.filter((block) => isThinking(block as Block));
  if (thoughts.length === 0) return {};
  const text = thoughts.map(({ thinking }) => textOf(thinking)).join('');
  return {
    ...(text !== '' && { reasoning_content: text }),
    reasoning_details: thoughts.map(({ type, thinking, signature, data }, i) =>
      type === 'redacted_thinking'
        ? redactedDetail(i, textOf(data))
        : { ...thinkingDetail(i, textOf(thinking)), ...(textOf(signature) !== '' && { signature }) },
    ),
  };
}

interface Thought {
  readonly index: unknown;
  text: string;
  signature: string;
}

/**
 * The blocks of an assistant message that comes back, from `reasoning_details`. Clients may have joined the parts of a
 * stream or not. Thinking of other models, or without its signature, is left out: Anthropic refuses it.
 */
export function readReasoning({ reasoning_details, reasoning_content }: JsonObject): Block[] {
  const blocks: (Thought | Block)[] = [];
  let open: Thought | undefined;
  for (const { type, text, signature, data, format, index } of listOf(reasoning_details)) {
    if (typeof format === 'string' && format !== FORMAT) continue;
    if (type === 'reasoning.encrypted') {
      open = undefined;
      if (textOf(data) !== '') blocks.push({ type: 'redacted_thinking', data });
    } else if (type === 'reasoning.text') {
      if (open === undefined || open.index !== index || open.signature !== '') {
        open = { index, text: '', signature: '' };
        blocks.push(open);
      }
      open.text += textOf(text);
      open.signature = textOf(signature);
    }
  }
  const thoughts = blocks.filter((block) => 'index' in block) as Thought[];
  // Clients that keep the last detail only have the text of the one block here.
  if (thoughts.length === 1 && thoughts[0]!.text === '') thoughts[0]!.text = textOf(reasoning_content);
  return blocks.flatMap((block) => {
    if (!('index' in block)) return [block as Block];
    const { text, signature } = block as Thought;
    return signature === '' ? [] : [{ type: 'thinking', thinking: text, signature }];
  });
}

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

/** @param silent whether the block has no text at all: otherwise one without its text has been cut by the client */
export const signatureDetail = (index: number, signature: string, silent: boolean): JsonObject => ({
  type: 'reasoning.text',
  ...(silent && { text: '' }),
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
  /** Undefined until a detail has one. */
  text: string | undefined;
  signature: string;
}

/**
 * The blocks of an assistant message that comes back, from `reasoning_details`. Clients may have joined the parts of a
 * stream or not. Thinking of other models, without its signature or without its text is left out: Anthropic refuses it.
 */
export function readReasoning({ reasoning_details }: JsonObject): Block[] {
  const blocks: (Thought | Block)[] = [];
  let open: Thought | undefined;
  for (const { type, text, signature, data, format, index } of listOf(reasoning_details)) {
    if (typeof format === 'string' && format !== FORMAT) continue;
    if (type === 'reasoning.encrypted') {
      open = undefined;
      if (textOf(data) !== '') blocks.push({ type: 'redacted_thinking', data });
    } else if (type === 'reasoning.text') {
      if (open === undefined || open.index !== index || open.signature !== '') {
        open = { index, text: undefined, signature: '' };
        blocks.push(open);
      }
      if (typeof text === 'string') open.text = (open.text ?? '') + text;
      open.signature = textOf(signature);
    }
  }
  return blocks.flatMap((block) => {
    if (!('index' in block)) return [block as Block];
    const { text, signature } = block as Thought;
    return signature === '' || text === undefined ? [] : [{ type: 'thinking', thinking: text, signature }];
  });
}

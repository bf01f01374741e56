import type { JsonObject } from '../translation.ts';

/** https://docs.anthropic.com/en/api/messages: one block of a message. */
export interface Block extends JsonObject {
  readonly type: string;
}

export type Role = 'system' | 'user' | 'assistant';

/** What one side said, block by block and in the client's order. */
export interface Piece {
  readonly role: Role;
  readonly block: Block;
  /** Where the client has it: `messages[0].content[1]`. */
  readonly path: string;
}

export interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: Block[];
}

export const textBlock = (text: string): Block => ({ type: 'text', text });

export const isThinking = ({ type }: Block): boolean => type === 'thinking' || type === 'redacted_thinking';

/** Anthropic refuses texts without a visible character. */
export const isBlank = (block: Block): boolean => block.type === 'text' && String(block.text).trim() === '';

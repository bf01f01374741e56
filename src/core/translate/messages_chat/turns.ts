import { invalidField } from '../../errors.ts';
import { readArray, readObject, readString } from '../read.ts';
import type { JsonObject } from '../translation.ts';
import { BLOCKS } from './fields.ts';

/** A content block, and where it stands in the request. */
export interface Placed {
  readonly block: JsonObject;
  readonly type: string;
  readonly path: string;
}

/** What one side says before the other does. */
export interface Turn {
  readonly role: string;
  /** Of its first message. */
  readonly path: string;
  readonly blocks: Placed[];
}

const ROLES: ReadonlySet<string> = new Set(['user', 'assistant', 'system']);

/** Messages of the same role are one turn, as Anthropic has it too. @throws ProxyError `invalid_field` */
export function readTurns(messages: unknown): Turn[] {
  const turns: Turn[] = [];
  const list = readArray(messages, 'messages');
  if (list.length === 0) throw invalidField('messages', 'must have at least one message');
  for (const [i, value] of list.entries()) {
    const path = `messages[${i}]`;
    const { role: given, content } = readObject(value, path);
    const role = readString(given, `${path}.role`);
    if (!ROLES.has(role)) throw invalidField(`${path}.role`, 'must be "user", "assistant" or "system"');
    const blocks = readBlocks(content, `${path}.content`);
    const last = turns.at(-1);
    if (last?.role === role) for (const block of blocks) last.blocks.push(block);
    else turns.push({ role, path, blocks });
  }
  return turns;
}

/**
 * A string is a block of text. Blocks that are dropped are not in the list.
 * @throws ProxyError `invalid_field`
 */
export function readBlocks(content: unknown, path: string): Placed[] {
  if (typeof content === 'string') {
    return [{ block: { type: 'text', text: content }, type: 'text', path }];
  }
  const placed: Placed[] = [];
  for (const [i, value] of readArray(content, path).entries()) {
    const at = `${path}[${i}]`;
    const block = readObject(value, at);
    const type = readString(block.type, `${at}.type`);
    const field = Object.hasOwn(BLOCKS, type) ? BLOCKS[type] : undefined;
    if (field?.fate === 'refused') {
      throw invalidField(`${at}.type`, `cannot be served by the model that was chosen: ${field.note}`);
    }
    if (field?.fate !== 'dropped') placed.push({ block, type, path: at });
  }
  return placed;
}

/** @param of what it is part of: `a user message` */
export function unfit({ type, path }: Placed, of: string): Error {
  return invalidField(`${path}.type`, `must not be "${type}" in ${of}`);
}

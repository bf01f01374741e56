import { invalidField } from '../../errors.ts';
import { keepFields } from '../fields.ts';
import { isObject, readArray, readObject, readString } from '../read.ts';
import type { JsonObject } from '../translation.ts';
import { type Block, isThinking, type Piece, type Role } from './blocks.ts';
import { readContent, readInput, readToolResult } from './content.ts';
import { MESSAGE_FIELDS } from './fields.ts';
import { readReasoning } from './reasoning.ts';

const ROLES: ReadonlyMap<unknown, Role> = new Map([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['assistant', 'assistant'],
]);

/** All that was said, in the client's order. */
export function readConversation({ messages, input, instructions, system }: JsonObject): Piece[] {
  const pieces = [
    ...piecesOf('system', readContent(instructions, 'instructions'), 'instructions'),
    ...piecesOf('system', readContent(system, 'system'), 'system'),
    ...readList(messages ?? [], 'messages'),
  ];
  const more =
    typeof input === 'string'
      ? piecesOf('user', readContent(input, 'input'), 'input')
      : readList(input ?? [], 'input');
  return endsWith(pieces, more) ? pieces : pieces.concat(more);
}

function readList(list: unknown, path: string): Piece[] {
  return readArray(list, path).flatMap((entry, i) => readEntry(entry, `${path}[${i}]`));
}

/** Clients that send both lists may say the same in each. */
function endsWith(pieces: readonly Piece[], more: readonly Piece[]): boolean {
  const said = ({ role, block }: Piece): string => role + JSON.stringify(block);
  const from = pieces.length - more.length;
  return from >= 0 && more.every((piece, i) => said(piece) === said(pieces[from + i]!));
}

function readEntry(value: unknown, path: string): readonly Piece[] {
  const entry = typeof value === 'string' ? { role: 'user', content: value } : readObject(value, path);
  keepFields(entry, MESSAGE_FIELDS, `${path}.`);
  switch (entry.type ?? 'message') {
    case 'message':
      return readMessage(entry, path);
    case 'function_call':
      return piecesOf('assistant', [readCall(entry.call_id, entry, `${path}.call_id`, path)], path);
    case 'function_call_output':
      return piecesOf(
        'user',
        [readToolResult(entry.call_id, entry.output, `${path}.call_id`, `${path}.output`)],
        `${path}.call_id`,
      );
    case 'reasoning':
      return [];
    default:
      throw invalidField(`${path}.type`, 'must be "message", "function_call" or "function_call_output"');
  }
}

function readMessage(message: JsonObject, path: string): readonly Piece[] {
  if (message.role === 'tool') {
    const { tool_call_id: id, content } = message;
    const result = readToolResult(id, content, `${path}.tool_call_id`, `${path}.content`, message);
    return piecesOf('user', [result], `${path}.tool_call_id`);
  }
  if (message.role === 'function') {
    throw invalidField(`${path}.role`, 'must not be "function": use "tool" and "tool_call_id"');
  }
  const role = ROLES.get(message.role);
  if (role === undefined) {
    throw invalidField(`${path}.role`, 'must be "system", "developer", "user", "assistant" or "tool"');
  }
  const blocks = readContent(message.content, `${path}.content`);
  if (role === 'assistant') return readAssistant(message, blocks, path);
  const wrong = blocks.find(({ type }) => (role === 'system' ? type !== 'text' : ASSISTANTS.has(type)));
  if (wrong !== undefined) {
    throw invalidField(`${path}.content`, `must not hold "${wrong.type}" in a message of this role`);
  }
  return piecesOf(role, mark(blocks, message.cache_control), path);
}

const ASSISTANTS: ReadonlySet<string> = new Set(['tool_use', 'thinking', 'redacted_thinking']);

/** Clients that mix both forms may have the same call, or the same thinking, in each. */
function readAssistant(message: JsonObject, blocks: readonly Block[], path: string): readonly Piece[] {
  const own = new Set(blocks.map(({ id }) => id));
  const calls = readArray(message.tool_calls ?? [], `${path}.tool_calls`).map((value, i) => {
    const at = `${path}.tool_calls[${i}]`;
    const call = readObject(value, at);
    return readCall(call.id, readObject(call.function, `${at}.function`), `${at}.id`, `${at}.function`);
  });
  const said = [
    ...(blocks.some(isThinking) ? [] : readReasoning(message)),
    ...blocks,
    ...readContent(message.refusal, `${path}.refusal`),
    ...calls.filter(({ id }) => !own.has(id)),
  ];
  // A message of nothing but thinking is refused.
  return said.every(isThinking) ? [] : piecesOf('assistant', mark(said, message.cache_control), path);
}

function readCall(id: unknown, { name, arguments: input }: JsonObject, idPath: string, path: string): Block {
  return {
    type: 'tool_use',
    id: readString(id, idPath),
    name: readString(name, `${path}.name`),
    input: readInput(input),
  };
}

/** Anthropic caches up to a block, and clients that mark a message mean its end. Thinking cannot be marked. */
function mark(blocks: readonly Block[], cache_control: unknown): readonly Block[] {
  const last = blocks.at(-1);
  if (last === undefined || isThinking(last) || !isObject(cache_control)) return blocks;
  return [...blocks.slice(0, -1), { ...last, cache_control }];
}

/** Anthropic's own blocks may hold a tool's result wherever the client had it. */
function piecesOf(role: Role, blocks: readonly Block[], path: string): Piece[] {
  return blocks.map((block) => ({ role: block.type === 'tool_result' ? 'user' : role, block, path }));
}

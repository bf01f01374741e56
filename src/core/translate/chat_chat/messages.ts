import { invalidField } from '../../errors.ts';
import { isObject, listOf, readArray, readObject, readString } from '../read.ts';
import type { JsonObject } from '../translation.ts';
import { isText, properPart } from './parts.ts';

/** Between texts that become one. */
const GAP = '\n\n';
/** Stands in for text, in a result that has none. */
const BEHIND = '(See the next message of the user.)';

/** One message of a conversation. */
export interface Entry {
  readonly message: JsonObject;
  /** Where the client has it: `input[2]`. */
  readonly path: string;
  /** Whether it is one call, and goes into the assistant's message before it, if there is one. */
  readonly bare?: boolean;
  /** What a result shows: a message of role `tool` holds only text. */
  readonly shown?: readonly JsonObject[];
}

/** All that was said, in the client's order. @throws ProxyError `invalid_field` */
export function readConversation({ messages, input, instructions, system }: JsonObject): readonly Entry[] {
  const first = [...systemEntry(instructions, 'instructions'), ...systemEntry(system, 'system')];
  const entries = first.concat(readList(messages ?? [], 'messages'));
  const more = readList(typeof input === 'string' ? textList(input) : (input ?? []), 'input');
  if (endsWith(entries, more)) return entries;
  return entries.concat(more);
}

const textList = (text: string): readonly string[] => (text.trim() === '' ? [] : [text]);

function systemEntry(content: unknown, path: string): readonly Entry[] {
  if (content === undefined || content === null) return [];
  const blocks = typeof content === 'string' ? [content] : readArray(content, path);
  const texts = blocks.map((block, i) =>
    readString(properPart(block, `${path}[${i}]`)?.text, `${path}[${i}].text`),
  );
  const said = texts.filter((text) => text.trim() !== '').join(GAP);
  return said === '' ? [] : [{ message: { role: 'system', content: said }, path }];
}

function readList(list: unknown, path: string): Entry[] {
  return readArray(list, path).flatMap((entry, i) => readEntry(entry, `${path}[${i}]`));
}

/** Clients that send both lists may say the same in each. */
function endsWith(entries: readonly Entry[], more: readonly Entry[]): boolean {
  const from = entries.length - more.length;
  return from >= 0 && more.every((entry, i) => gist(entry) === gist(entries[from + i]!));
}

/** What is said, however it is written. */
function gist({ message: { role, content, tool_calls, tool_call_id } }: Entry): string {
  const texts = Array.isArray(content) ? content.map((part) => (isText(part) ? part.text : part)) : [content];
  const calls = listOf(tool_calls).map(({ id, function: called }) => [id, called]);
  return JSON.stringify([
    role,
    texts.filter((text) => text !== null && text !== undefined),
    calls,
    tool_call_id,
  ]);
}

function readEntry(value: unknown, path: string): readonly Entry[] {
  if (typeof value === 'string') return [{ message: { role: 'user', content: value }, path }];
  const entry = readObject(value, path);
  switch (entry.type ?? 'message') {
    case 'message':
      return readMessage(entry, path);
    case 'function_call': {
      const call = callOf(entry.call_id, entry.name, entry.arguments, `${path}.call_id`, path);
      return [{ message: { role: 'assistant', content: null, tool_calls: [call] }, path, bare: true }];
    }
    case 'function_call_output':
      return [readResult(entry.call_id, entry.output, false, `${path}.call_id`, `${path}.output`)];
    case 'reasoning':
      return [];
    default:
      throw invalidField(`${path}.type`, 'must be "message", "function_call" or "function_call_output"');
  }
}

function readMessage(message: JsonObject, path: string): readonly Entry[] {
  const { type, status, id, cache_control, is_error, content, ...rest } = message;
  if (rest.role === 'tool') {
    const at = `${path}.tool_call_id`;
    return [{ ...readResult(rest.tool_call_id, content, is_error === true, at, `${path}.content`) }];
  }
  if (!Array.isArray(content)) return [{ message: { ...rest, content }, path }];
  const results: Entry[] = [];
  const calls: JsonObject[] = [];
  const parts: JsonObject[] = [];
  for (const [i, value] of content.entries()) {
    const at = `${path}.content[${i}]`;
    if (isObject(value) && value.type === 'tool_use') {
      calls.push(callOf(value.id, value.name, value.input, `${at}.id`, at));
    } else if (isObject(value) && value.type === 'tool_result') {
      const { tool_use_id, content, is_error } = value;
      results.push(readResult(tool_use_id, content, is_error === true, `${at}.tool_use_id`, `${at}.content`));
    } else {
      const part = properPart(value, at);
      if (part !== undefined) parts.push(part);
    }
  }
  const said = sayWith(rest, content, parts, calls);
  return said === undefined ? results : [...results, { message: said, path }];
}

/** The message with these parts and calls; undefined if there is nothing left in it. */
function sayWith(
  rest: JsonObject,
  given: readonly unknown[],
  parts: readonly JsonObject[],
  calls: readonly JsonObject[],
): JsonObject | undefined {
  const had = listOf(rest.tool_calls);
  const known = new Set(had.map(({ id }) => id));
  const all = had.concat(calls.filter(({ id }) => !known.has(id)));
  if (parts.length === 0 && all.length === 0) return undefined;
  const tool_calls = all.length > 0 ? { tool_calls: all } : {};
  if (parts.length === 0) return { ...rest, content: null, ...tool_calls };
  // Many servers know content that is nothing but a text only as a string.
  const [part] = parts;
  const foreign = isObject(given[0]) && given[0].type !== 'text';
  const short = parts.length === 1 && isText(part!) && (foreign || calls.length > 0);
  return { ...rest, content: short ? part!.text : parts, ...tool_calls };
}

function callOf(id: unknown, name: unknown, input: unknown, idPath: string, path: string): JsonObject {
  const text = typeof input === 'string' ? input : JSON.stringify(input ?? {});
  return {
    id: readString(id, idPath),
    type: 'function',
    function: { name: readString(name, `${path}.name`), arguments: text },
  };
}

/** What a tool gave. Chat completions have no mark for a failure. */
function readResult(id: unknown, content: unknown, failed: boolean, idPath: string, path: string): Entry {
  const list = typeof content === 'string' ? [content] : readArray(content ?? [], path);
  const parts = list.map((part, i) => properPart(part, `${path}[${i}]`)).filter((part) => part !== undefined);
  const shown = parts.filter((part) => !isText(part));
  const text = parts.flatMap((part) => (isText(part) ? [part.text] : [])).join('\n');
  const told = (failed ? 'Error: ' : '') + (text === '' && shown.length > 0 ? BEHIND : text);
  return {
    message: { role: 'tool', tool_call_id: readString(id, idPath), content: told },
    path: idPath,
    ...(shown.length > 0 && { shown }),
  };
}

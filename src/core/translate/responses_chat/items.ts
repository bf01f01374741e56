import { invalidField } from '../../errors.ts';
import { keepFields } from '../fields.ts';
import { isObject, readObject, readString } from '../read.ts';
import type { JsonObject } from '../translation.ts';
import { Conversation } from './conversation.ts';
import { ITEM_FIELDS, ITEMS } from './fields.ts';
import { contentOf, joinText, readParts } from './parts.ts';
import { recall } from './reasoning.ts';
import { nameForUpstream } from './tools.ts';
import { goesOn } from './types.ts';

/** `messages` for the upstream. @param model of the upstream's @throws ProxyError `invalid_field` */
export function readInput({ instructions, input }: JsonObject, model: string): readonly JsonObject[] {
  const conversation = new Conversation(model);
  if (instructions !== undefined && instructions !== null) {
    conversation.say({ role: 'system', content: readString(instructions, 'instructions') });
  }
  if (typeof input === 'string') conversation.say({ role: 'user', content: input });
  else if (Array.isArray(input)) {
    for (const [i, item] of input.entries()) addItem(conversation, item, `input[${i}]`);
  } else throw invalidField('input', 'must be a string or an array');
  return conversation.messages;
}

function addItem(conversation: Conversation, value: unknown, path: string): void {
  const item = readObject(value, path);
  const type = item.type ?? 'message';
  if (!goesOn(type, ITEMS, path)) return;
  keepFields(item, ITEM_FIELDS, `${path}.`);
  switch (type) {
    case 'message':
      addMessage(conversation, item, path);
      break;
    case 'reasoning':
      addReasoning(conversation, item);
      break;
    case 'function_call':
      addCall(conversation, item, readString(item.arguments, `${path}.arguments`), path);
      break;
    case 'custom_tool_call':
      addCall(conversation, item, JSON.stringify({ input: readString(item.input, `${path}.input`) }), path);
      break;
    default:
      conversation.result(
        readString(item.call_id, `${path}.call_id`),
        readParts(item.output, `${path}.output`),
        `${path}.call_id`,
      );
  }
}

function addMessage(conversation: Conversation, { role, content }: JsonObject, path: string): void {
  const parts = readParts(content, `${path}.content`);
  if (role === 'assistant') conversation.assistant(joinText(parts, ''));
  else if (role === 'system' || role === 'developer') {
    conversation.say({ role: 'system', content: joinText(parts, '\n\n') });
  } else if (role === 'user') conversation.say({ role, content: contentOf(parts) });
  else throw invalidField(`${path}.role`, 'must be "user", "assistant", "system" or "developer"');
}

function addCall(conversation: Conversation, item: JsonObject, args: string, path: string): void {
  const name = nameForUpstream(readString(item.name, `${path}.name`), item.namespace);
  conversation.call(readString(item.call_id, `${path}.call_id`), name, args);
}

function addReasoning(conversation: Conversation, item: JsonObject): void {
  const recalled = recall(item);
  for (const [id, extra] of Object.entries(recalled.calls)) {
    if (isObject(extra)) conversation.extra(id, extra);
  }
  if (recalled.text !== '' || Object.keys(recalled.members).length > 0) {
    conversation.reasoning(recalled.members, recalled.text);
  }
}

import { invalidField } from '../../errors.ts';
import { contentWith } from '../content.ts';
import { extraFor, fitId } from '../models.ts';
import { readOptionalString, readString } from '../read.ts';
import type { ToolNames } from '../toolnames.ts';
import type { JsonObject } from '../translation.ts';
import { idForUpstream } from './callid.ts';
import { GAP, joinText, partsOf } from './parts.ts';
import { Reasoning } from './reasoning.ts';
import { type Placed, readBlocks, readTurns, type Turn, unfit } from './turns.ts';

/** Claude Code's first block of `system`, which is another one in each request. */
const BILLING = /^x-anthropic-billing-header:[^\n]*\n*/;

/**
 * @param model the routed one
 * @param names learns the names of the tools that were called
 * @throws ProxyError `invalid_field`
 */
export function translateMessages(
  { system, messages }: JsonObject,
  model: string,
  names: ToolNames,
): JsonObject[] {
  const out: JsonObject[] = [];
  if (system !== undefined && system !== null) out.push(...systemMessage(readBlocks(system, 'system')));
  /** Of the turn before, by the id that the client knows. */
  let calls = new Map<string, Placed>();
  for (const turn of readTurns(messages)) {
    if (turn.role === 'user') for (const said of userMessages(turn, model, calls)) out.push(said);
    if (calls.size > 0) throw unanswered(calls);
    if (turn.role === 'system') out.push(...systemMessage(turn.blocks));
    if (turn.role === 'assistant') {
      calls = new Map(callsOf(turn));
      out.push(...assistantMessage(turn, model, names));
    }
  }
  if (calls.size > 0) throw unanswered(calls);
  return out;
}

function systemMessage(blocks: readonly Placed[]): JsonObject[] {
  const texts = blocks.map((placed) => {
    if (placed.type !== 'text') throw unfit(placed, 'a system prompt');
    return readString(placed.block.text, `${placed.path}.text`).replace(BILLING, '');
  });
  const content = texts.filter((text) => text !== '').join(GAP);
  return content === '' ? [] : [{ role: 'system', content }];
}

function* callsOf({ blocks }: Turn): Generator<[string, Placed]> {
  const seen = new Set<string>();
  for (const placed of blocks) {
    if (placed.type !== 'tool_use') continue;
    const id = readString(placed.block.id, `${placed.path}.id`);
    if (seen.has(id)) throw invalidField(`${placed.path}.id`, 'must be another one for each call');
    seen.add(id);
    yield [id, placed];
  }
}

function unanswered(calls: ReadonlyMap<string, Placed>): Error {
  const [{ path }] = calls.values() as Iterable<Placed> as [Placed];
  return invalidField(`${path}.id`, 'must be answered by a tool_result in the message behind it');
}

function assistantMessage({ blocks }: Turn, model: string, names: ToolNames): JsonObject[] {
  const reasoning = new Reasoning(model);
  const calls: JsonObject[] = [];
  let content = '';
  for (const placed of blocks) {
    const { block, type, path } = placed;
    switch (type) {
      case 'text':
        content += readString(block.text, `${path}.text`);
        break;
      case 'compaction':
        content += readOptionalString(block.content, `${path}.content`) ?? '';
        break;
      case 'thinking':
        reasoning.add(readString(block.thinking, `${path}.thinking`), block.signature);
        break;
      case 'redacted_thinking':
        reasoning.add('', block.data);
        break;
      case 'tool_use':
        calls.push(toolCall(placed, model, calls.length === 0, names));
        break;
      default:
        throw unfit(placed, 'an assistant message');
    }
  }
  const { members, parts } = reasoning;
  if (content === '' && calls.length === 0 && reasoning.isEmpty) return [];
  const text = content === '' && calls.length > 0 ? null : content;
  const called = calls.length > 0 ? { tool_calls: calls } : {};
  return [
    {
      role: 'assistant',
      content: parts.length > 0 ? contentWith(parts, content) : text,
      ...members,
      ...called,
    },
  ];
}

function toolCall({ block, path }: Placed, model: string, first: boolean, names: ToolNames): JsonObject {
  const { id, thoughtSignature } = idForUpstream(readString(block.id, `${path}.id`));
  const name = names.toUpstream(readString(block.name, `${path}.name`));
  const own =
    thoughtSignature === undefined ? undefined : { google: { thought_signature: thoughtSignature } };
  const input = JSON.stringify(block.input ?? {});
  return {
    id: fitId(id, model),
    type: 'function',
    function: { name, arguments: input },
    ...extraFor(model, own, first),
  };
}

/** @param calls those that have a result in this turn are taken out */
function userMessages({ blocks }: Turn, model: string, calls: Map<string, Placed>): JsonObject[] {
  const order = [...calls.keys()];
  const results = new Map<string, JsonObject>();
  const shown: JsonObject[] = [];
  const said: JsonObject[] = [];
  for (const placed of blocks) {
    if (placed.type !== 'tool_result') {
      for (const part of partsOf(placed, 'a user message')) said.push(part);
      continue;
    }
    const path = `${placed.path}.tool_use_id`;
    const id = readString(placed.block.tool_use_id, path);
    if (!calls.delete(id)) {
      throw invalidField(
        path,
        'must be the id of a tool_use in the message before, and each may be answered once',
      );
    }
    results.set(id, toolMessage(placed, fitId(idForUpstream(id).id, model), shown));
  }
  const parts = [...shown, ...said];
  return [
    ...order.flatMap((id): JsonObject[] => (results.has(id) ? [results.get(id)!] : [])),
    ...(parts.length === 0 ? [] : [{ role: 'user', content: contentOf(parts) }]),
  ];
}

/** One text stays a string, which every server takes. */
function contentOf(parts: readonly JsonObject[]): unknown {
  return parts.length === 1 && parts[0]!.type === 'text' ? parts[0]!.text : parts;
}

/** @param shown gets what a message of role `tool` cannot hold: it takes text only */
function toolMessage({ block, path }: Placed, id: string, shown: JsonObject[]): JsonObject {
  const inner = block.content ?? '';
  const parts = readBlocks(inner, `${path}.content`).flatMap((placed) => partsOf(placed, 'a tool result'));
  const others = parts.filter(({ type }) => type !== 'text');
  if (others.length > 0) shown.push({ type: 'text', text: `From the result of the tool call ${id}:` });
  for (const part of others) shown.push(part);
  const text = joinText(parts) || (others.length > 0 ? 'The result is in the next message of the user.' : '');
  return { role: 'tool', tool_call_id: id, content: block.is_error === true ? `Error: ${text}` : text };
}

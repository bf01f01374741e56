import { isObject, readArray, readObject } from '../read.ts';
import type { JsonObject } from '../translation.ts';

/** What Anthropic calls the ways to choose. */
const MODES: ReadonlyMap<unknown, string> = new Map([
  ['auto', 'auto'],
  ['none', 'none'],
  ['any', 'required'],
]);

/**
 * `tools`, `tool_choice` and `parallel_tool_calls`, where the request has them. Without tools there is no choice.
 * @throws ProxyError `invalid_field`
 */
export function properTools({ tools, tool_choice: choice }: JsonObject): JsonObject {
  const list = readArray(tools ?? [], 'tools').map((tool, i) => properTool(readObject(tool, `tools[${i}]`)));
  if (list.length === 0) return { tools: undefined, tool_choice: undefined, parallel_tool_calls: undefined };
  const sequential = isObject(choice) && choice.disable_parallel_tool_use === true;
  return {
    tools: list,
    tool_choice: properChoice(choice),
    ...(sequential && { parallel_tool_calls: false }),
  };
}

function properTool({ cache_control: _, ...tool }: JsonObject): JsonObject {
  const { type = 'custom', name, description, parameters, input_schema, strict, format } = tool;
  if (isObject(tool.function) || isObject(tool.custom) || typeof name !== 'string') return tool;
  if (type === 'function' || input_schema !== undefined) {
    const schema = parameters ?? input_schema;
    return { type: 'function', function: present({ name, description, parameters: schema, strict }) };
  }
  return type === 'custom'
    ? { type, custom: present({ name, description, format: properFormat(format) }) }
    : tool;
}

/** The Responses API has the members of a grammar beside its type. */
function properFormat(format: unknown): unknown {
  if (!isObject(format) || format.type !== 'grammar' || format.grammar !== undefined) return format;
  const { type, ...grammar } = format;
  return { type, grammar };
}

function properChoice(choice: unknown): unknown {
  if (!isObject(choice)) return MODES.get(choice) ?? choice;
  const { type, name } = choice;
  const mode = MODES.get(type);
  if (mode !== undefined) return mode;
  if (type === 'allowed_tools') return allowed(choice);
  return type === 'tool' || type === 'function' || type === 'custom' ? named(type, name, choice) : choice;
}

function named(type: string, name: unknown, given: JsonObject): JsonObject {
  if (name === undefined) return given;
  return type === 'custom' ? { type, custom: { name } } : { type: 'function', function: { name } };
}

function allowed(choice: JsonObject): JsonObject {
  const { type, mode, tools } = choice;
  if (!Array.isArray(tools)) return choice;
  const list = tools.map((tool: unknown) =>
    isObject(tool) ? named(String(tool.type), tool.name, tool) : tool,
  );
  return { type, allowed_tools: { mode, tools: list } };
}

const present = (members: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== null));

import { invalidField } from '../../errors.ts';
import { keepFields } from '../fields.ts';
import { isObject, readArray, readObject, readString } from '../read.ts';
import type { JsonObject } from '../translation.ts';
import { TOOL_FIELDS } from './fields.ts';
import { reduceSchema } from './schema.ts';

/** Anthropic's `tools` and `tool_choice`; both are absent where there are no tools. */
export interface Tools {
  readonly tools?: readonly JsonObject[];
  readonly tool_choice?: JsonObject;
}

/** https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/implement-tool-use */
export function readTools({ tools, tool_choice, parallel_tool_calls }: JsonObject): Tools {
  if (tools === undefined || tools === null) return {};
  const read = readArray(tools, 'tools').map((tool, i) => readTool(tool, `tools[${i}]`));
  const { choice, only } = readChoice(tool_choice ?? undefined, parallel_tool_calls === false);
  const allowed = only === undefined ? read : read.filter(({ name }) => only.has(name as string));
  return allowed.length === 0 ? {} : { tools: allowed, ...(choice && { tool_choice: choice }) };
}

function readTool(value: unknown, path: string): JsonObject {
  const tool = readObject(value, path);
  if (tool.type !== 'function' && tool.type !== 'custom' && (tool.type ?? undefined) !== undefined) {
    throw invalidField(`${path}.type`, 'must be "function"');
  }
  const nested = isObject(tool.function);
  const { function: inner, ...outer } = tool;
  const flat: JsonObject = nested ? { ...outer, ...(inner as JsonObject) } : outer;
  const at = nested ? `${path}.function` : path;
  const kept = keepFields(flat, TOOL_FIELDS, `${at}.`);
  readString(flat.name, `${at}.name`);
  const [schema, name] =
    flat.parameters === undefined || flat.parameters === null
      ? [flat.input_schema, 'input_schema']
      : [flat.parameters, 'parameters'];
  const input_schema = readSchema(schema, `${at}.${name}`);
  return { ...kept, input_schema: kept.strict === true ? reduceSchema(input_schema) : input_schema };
}

/** Anthropic insists on the type. */
function readSchema(schema: unknown, path: string): JsonObject {
  if (schema === undefined || schema === null) return { type: 'object', properties: {} };
  const { type = 'object', ...others } = readObject(schema, path);
  return Object.keys(others).length === 0 ? { type, properties: {} } : { type, ...others };
}

interface Choice {
  readonly choice?: JsonObject;
  /** The names of the tools that are left. */
  readonly only?: ReadonlySet<string>;
}

function readChoice(value: unknown, oneAtATime: boolean): Choice {
  if (value === undefined && !oneAtATime) return {};
  const disabled = oneAtATime ? { disable_parallel_tool_use: true } : {};
  if (value === undefined) return { choice: { type: 'auto', ...disabled } };
  if (typeof value === 'string') {
    if (value === 'none') return { choice: { type: 'none' } };
    if (value === 'required' || value === 'any') return { choice: { type: 'any', ...disabled } };
    if (value === 'auto') return { choice: { type: 'auto', ...disabled } };
    throw invalidField('tool_choice', 'must be "none", "auto", "required" or a tool');
  }
  const choice = readObject(value, 'tool_choice');
  switch (choice.type) {
    case 'function':
    case 'tool': {
      const named = isObject(choice.function) ? choice.function : choice;
      const path = named === choice ? 'tool_choice.name' : 'tool_choice.function.name';
      const name = readString(named.name, path);
      return { choice: { type: 'tool', name, ...disabled, ...parallelOf(choice) } };
    }
    case 'allowed_tools': {
      const allowed = isObject(choice.allowed_tools) ? choice.allowed_tools : choice;
      const path = allowed === choice ? 'tool_choice.tools' : 'tool_choice.allowed_tools.tools';
      const names = readArray(allowed.tools, path).map((tool, i) => {
        const { function: inner, name } = readObject(tool, `${path}[${i}]`);
        return readString(isObject(inner) ? inner.name : name, `${path}[${i}].function.name`);
      });
      return { ...readChoice(allowed.mode ?? undefined, oneAtATime), only: new Set(names) };
    }
    case 'auto':
    case 'any':
    case 'none': {
      const { choice: plain } = readChoice(choice.type, oneAtATime);
      return { choice: { ...plain, ...(choice.type === 'none' ? {} : parallelOf(choice)) } };
    }
    default:
      throw invalidField('tool_choice.type', 'must be "function" or "allowed_tools"');
  }
}

/** Of Anthropic's own tool choice. */
function parallelOf({ disable_parallel_tool_use: disabled }: JsonObject): JsonObject {
  return disabled === true ? { disable_parallel_tool_use: true } : {};
}

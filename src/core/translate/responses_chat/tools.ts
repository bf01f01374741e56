import { invalidField } from '../../errors.ts';
import { keepFields } from '../fields.ts';
import { isObject, readArray, readObject, readString, textOf } from '../read.ts';
import { shortName } from '../toolnames.ts';
import type { JsonObject } from '../translation.ts';
import { TOOL_FIELDS, TOOLS } from './fields.ts';
import { goesOn } from './types.ts';

/** A tool as the client knows it. */
export interface Tool {
  readonly custom: boolean;
  readonly name: string;
  readonly namespace: string | undefined;
}

/** What a custom tool becomes takes one argument. */
const INPUT = {
  type: 'object',
  properties: { input: { type: 'string', description: 'The whole input of the tool, as free text.' } },
  required: ['input'],
  additionalProperties: false,
};

/** The tools of one request. */
export class Tools {
  readonly #tools = new Map<string, Tool>();
  readonly #functions: JsonObject[] = [];
  readonly #byName = new Map<string, JsonObject>();

  /** @param list `tools` of the request @throws ProxyError `invalid_field` */
  constructor(list: unknown) {
    if (list !== undefined && list !== null) this.#addAll(list, 'tools', undefined);
  }

  /** By the name that the upstream knows. A name that nobody has given is a function's. */
  get(name: string): Tool {
    return this.#tools.get(name) ?? { custom: false, name, namespace: undefined };
  }

  /** `tools`, `tool_choice` and `parallel_tool_calls` for the upstream. @throws ProxyError `invalid_field` */
  fields({ tool_choice: wanted, parallel_tool_calls: parallel }: JsonObject): JsonObject {
    const { functions, choice } = this.#choose(wanted ?? undefined);
    if (functions.length === 0) return {};
    return {
      tools: functions,
      ...(choice !== undefined && { tool_choice: choice }),
      ...(parallel === false && { parallel_tool_calls: false }),
    };
  }

  #addAll(list: unknown, path: string, namespace: string | undefined): void {
    for (const [i, value] of readArray(list, path).entries()) {
      const at = `${path}[${i}]`;
      const tool = readObject(value, at);
      if (!goesOn(tool.type, TOOLS, at)) continue;
      const name = readString(tool.name, `${at}.name`);
      if (tool.type !== 'namespace') this.#add(tool, at, name, namespace);
      else if (namespace === undefined) this.#addAll(tool.tools, `${at}.tools`, name);
      else throw invalidField(`${at}.type`, 'must not be "namespace" inside another one');
    }
  }

  #add(tool: JsonObject, path: string, name: string, namespace: string | undefined): void {
    const custom = tool.type === 'custom';
    const { description, ...rest } = keepFields(tool, TOOL_FIELDS, `${path}.`);
    const upstreams = nameForUpstream(name, namespace);
    this.#tools.set(upstreams, { custom, name, namespace });
    const described = custom ? describe(description, tool.format) : description;
    const offered = {
      type: 'function',
      function: {
        name: upstreams,
        ...(described !== undefined && { description: described }),
        ...(custom ? { parameters: INPUT } : rest),
      },
    };
    this.#functions.push(offered);
    this.#byName.set(upstreams, offered);
  }

  #choose(choice: unknown): { readonly functions: readonly JsonObject[]; readonly choice: unknown } {
    const functions = this.#functions;
    if (!isObject(choice)) return { functions, choice: mode(choice, functions, 'tool_choice') };
    if (choice.type === 'allowed_tools') {
      const allowed = new Set<JsonObject>();
      for (const [i, value] of readArray(choice.tools, 'tool_choice.tools').entries()) {
        const at = `tool_choice.tools[${i}]`;
        const tool = readObject(value, at);
        if (goesOn(tool.type, TOOLS, at)) allowed.add(this.#find(tool, at));
      }
      const left = functions.filter((tool) => allowed.has(tool));
      return { functions: left, choice: mode(choice.mode, left, 'tool_choice.mode') };
    }
    if (choice.type !== 'function' && choice.type !== 'custom') {
      throw invalidField('tool_choice.type', 'must be "function", "custom" or "allowed_tools"');
    }
    const { name } = this.#find(choice, 'tool_choice').function as JsonObject;
    return { functions, choice: { type: 'function', function: { name } } };
  }

  #find({ name, namespace }: JsonObject, path: string): JsonObject {
    const wanted = nameForUpstream(readString(name, `${path}.name`), namespace);
    const found = this.#byName.get(wanted);
    if (found === undefined) throw invalidField(`${path}.name`, 'must be the name of one of the tools');
    return found;
  }
}

function mode(value: unknown, functions: readonly JsonObject[], path: string): unknown {
  if (value !== undefined && value !== 'auto' && value !== 'none' && value !== 'required') {
    throw invalidField(path, 'must be "auto", "none" or "required"');
  }
  if (value === 'required' && functions.length === 0) {
    throw invalidField(path, 'must not be "required": there is no tool that could be called');
  }
  return value;
}

/** How the upstream knows a tool. @param namespace of the client, or nothing */
export function nameForUpstream(name: string, namespace: unknown): string {
  if (typeof namespace !== 'string' || namespace === '') return shortName(name);
  return shortName(namespace.endsWith('__') ? namespace + name : `${namespace}__${name}`);
}

/** A grammar can only be asked for. */
function describe(description: unknown, format: unknown): string | undefined {
  const told = textOf(description);
  if (!isObject(format) || format.type !== 'grammar') return told === '' ? undefined : told;
  const grammar = `The input must follow this ${textOf(format.syntax)} grammar:\n${textOf(format.definition)}`;
  return told === '' ? grammar : `${told}\n\n${grammar}`;
}

import { invalidField } from '../../errors.ts';
import { keepFields } from '../fields.ts';
import { isObject, readArray, readObject, readString } from '../read.ts';
import { isStrict } from '../strict.ts';
import type { ToolNames } from '../toolnames.ts';
import type { JsonObject } from '../translation.ts';
import { TOOL } from './fields.ts';

/**
 * `tools`, `tool_choice` and `parallel_tool_calls`. Without tools none of them: OpenAI refuses a choice of nothing.
 * @throws ProxyError `invalid_field`
 */
export function translateTools({ tools, tool_choice: choice }: JsonObject, names: ToolNames): JsonObject {
  if (tools === undefined || tools === null) return {};
  const list = readArray(tools, 'tools').map((tool, i) => toolOf(tool, `tools[${i}]`, names));
  if (list.length === 0) return {};
  if (choice === undefined || choice === null) return { tools: list };
  return { tools: list, ...choiceOf(readObject(choice, 'tool_choice'), names) };
}

function toolOf(value: unknown, path: string, names: ToolNames): JsonObject {
  const tool = readObject(value, path);
  const { type = null, name, strict } = tool;
  if (type !== null && type !== 'custom') {
    throw invalidField(
      `${path}.type`,
      `cannot be served by the model that was chosen: only Anthropic's have "${type}"`,
    );
  }
  const parameters = parametersOf(readObject(tool.input_schema, `${path}.input_schema`));
  return {
    type: 'function',
    function: {
      name: names.toUpstream(readString(name, `${path}.name`)),
      ...keepFields(tool, TOOL, `${path}.`),
      ...(strict === true && isStrict(parameters) && { strict }),
      parameters,
    },
  };
}

function parametersOf(schema: JsonObject): JsonObject {
  return schema.type === 'object' && !isObject(schema.properties) ? { ...schema, properties: {} } : schema;
}

function choiceOf(choice: JsonObject, names: ToolNames): JsonObject {
  const parallel = choice.disable_parallel_tool_use === true ? { parallel_tool_calls: false } : {};
  switch (choice.type) {
    case 'auto':
    case 'none':
      return { tool_choice: choice.type, ...parallel };
    case 'any':
      return { tool_choice: 'required', ...parallel };
    case 'tool': {
      const name = names.toUpstream(readString(choice.name, 'tool_choice.name'));
      return { tool_choice: { type: 'function', function: { name } }, ...parallel };
    }
    default:
      throw invalidField('tool_choice.type', 'must be "auto", "any", "tool" or "none"');
  }
}

import { invalidField } from '../../errors.ts';
import { type Effort, readEffort } from '../effort.ts';
import { keepFields } from '../fields.ts';
import { settingsFor } from '../models.ts';
import { readArray, readNumber, readObject, readOptionalString } from '../read.ts';
import type { JsonObject } from '../translation.ts';
import { FORMAT_FIELDS, REASONING_FIELDS, REQUEST_FIELDS, TEXT_FIELDS } from './fields.ts';
import { readInput } from './items.ts';
import type { Tools } from './tools.ts';

/**
 * The request in the words of chat completions.
 * @param model for the upstream
 * @throws ProxyError `invalid_field`
 */
export function requestFor(request: JsonObject, model: string, tools: Tools): JsonObject {
  const { user, temperature, top_p, ...kept } = keepFields(request, REQUEST_FIELDS);
  readInclude(request.include);
  const owner = user ?? request.safety_identifier ?? undefined;
  const limit = request.max_output_tokens ?? undefined;
  const text = readText(request.text);
  const settings = {
    limit: limit === undefined ? undefined : readNumber(limit, 'max_output_tokens'),
    temperature,
    top_p,
    verbosity: readOptionalString(text.verbosity, 'text.verbosity'),
    effort: readReasoning(request.reasoning),
  };
  const offered = tools.fields(request);
  return {
    model,
    messages: readInput(request, model),
    ...kept,
    ...(owner !== undefined && { user: owner }),
    ...settingsFor(model, settings, offered.tools !== undefined),
    ...readFormat(text.format),
    ...offered,
    ...(request.stream === true && { stream: true, stream_options: { include_usage: true } }),
  };
}

function readInclude(include: unknown): void {
  if (include === undefined || include === null) return;
  const i = readArray(include, 'include').indexOf('message.output_text.logprobs');
  if (i >= 0) {
    throw invalidField(
      `include[${i}]`,
      'cannot be served by the model that was chosen: log probabilities are not translated',
    );
  }
}

function readReasoning(value: unknown): Effort | undefined {
  if (value === undefined || value === null) return undefined;
  const reasoning = readObject(value, 'reasoning');
  keepFields(reasoning, REASONING_FIELDS, 'reasoning.');
  return readEffort(reasoning.effort, 'reasoning.effort');
}

function readText(value: unknown): JsonObject {
  if (value === undefined || value === null) return {};
  const text = readObject(value, 'text');
  keepFields(text, TEXT_FIELDS, 'text.');
  return text;
}

function readFormat(value: unknown): JsonObject {
  if (value === undefined || value === null) return {};
  const format = readObject(value, 'text.format');
  switch (format.type) {
    case 'text':
      return {};
    case 'json_object':
      return { response_format: { type: 'json_object' } };
    case 'json_schema':
      readObject(format.schema, 'text.format.schema');
      return {
        response_format: {
          type: 'json_schema',
          json_schema: keepFields(format, FORMAT_FIELDS, 'text.format.'),
        },
      };
    default:
      throw invalidField('text.format.type', 'must be "text", "json_object" or "json_schema"');
  }
}

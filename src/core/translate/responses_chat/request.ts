import { invalidField } from '../../errors.ts';
import { keepFields } from '../fields.ts';
import { limitName } from '../models.ts';
import { readArray, readNumber, readObject, readOptionalString } from '../read.ts';
import type { JsonObject } from '../translation.ts';
import { FORMAT_FIELDS, REASONING_FIELDS, REQUEST_FIELDS, TEXT_FIELDS } from './fields.ts';
import { readInput } from './items.ts';
import type { Tools } from './tools.ts';

/** Models that know `verbosity`. */
const VERBOSE = /(?:^|\/)gpt-[5-9]/i;

/**
 * The request in the words of chat completions.
 * @param model for the upstream
 * @throws ProxyError `invalid_field`
 */
export function requestFor(request: JsonObject, model: string, tools: Tools): JsonObject {
  const { user, ...kept } = keepFields(request, REQUEST_FIELDS);
  readInclude(request.include);
  const owner = user ?? request.safety_identifier ?? undefined;
  const limit = request.max_output_tokens ?? undefined;
  return {
    model,
    messages: readInput(request, model),
    ...kept,
    ...(owner !== undefined && { user: owner }),
    ...(limit !== undefined && { [limitName(model)]: readNumber(limit, 'max_output_tokens') }),
    ...readReasoning(request.reasoning),
    ...readText(request.text, model),
    ...tools.fields(request),
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

function readReasoning(reasoning: unknown): JsonObject {
  if (reasoning === undefined || reasoning === null) return {};
  return keepFields(readObject(reasoning, 'reasoning'), REASONING_FIELDS, 'reasoning.');
}

function readText(value: unknown, model: string): JsonObject {
  if (value === undefined || value === null) return {};
  const text = readObject(value, 'text');
  keepFields(text, TEXT_FIELDS, 'text.');
  const verbosity = readOptionalString(text.verbosity, 'text.verbosity');
  return {
    ...(verbosity !== undefined && VERBOSE.test(model) && { verbosity }),
    ...readFormat(text.format),
  };
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

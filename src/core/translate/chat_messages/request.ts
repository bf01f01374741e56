import { invalidField } from '../../errors.ts';
import { keepFields } from '../fields.ts';
import { isObject, readArray, readNumber, readObject, readOptionalString, readString } from '../read.ts';
import type { JsonObject, TranslationOptions } from '../translation.ts';
import { type Block, textBlock } from './blocks.ts';
import { claudeOf } from './claude.ts';
import { REQUEST_FIELDS } from './fields.ts';
import { readConversation } from './messages.ts';
import { reduceSchema } from './schema.ts';
import { isThinkingOn, readConfig, readThinking } from './thinking.ts';
import { readTools } from './tools.ts';
import { arrange } from './turns.ts';

const JSON_RULE = textBlock(
  'Answer with one valid JSON object and with nothing else: no prose, no code fence.',
);
/** With less the model cannot think. */
const THINKING_TOP_P_MIN = 0.95;

/** A chat completion as a message: https://docs.anthropic.com/en/api/messages */
export function readRequest(
  request: JsonObject,
  { model, maxTokensDefault }: TranslationOptions,
): JsonObject {
  const { top_p, top_k, ...kept } = keepFields(request, REQUEST_FIELDS);
  const claude = claudeOf(model);
  const { system, turns } = arrange(readConversation(request), claude.prefill);
  const { tools, tool_choice } = readTools(request);
  const max_tokens = readMaxTokens(request) ?? maxTokensDefault;
  const forced = tool_choice?.type === 'any' || tool_choice?.type === 'tool';
  const { thinking, effort } = readThinking(request, claude, max_tokens, turns, forced);
  const { schema, rule } = readFormat(request);
  const blocks = rule === undefined ? system : [...system, rule];
  const stop_sequences = readStop(request.stop);
  const user_id =
    readOptionalString(request.safety_identifier, 'safety_identifier') ??
    readOptionalString(request.user, 'user');
  const service_tier = readTier(request.service_tier);
  return {
    ...kept,
    model,
    max_tokens,
    ...(blocks.length > 0 && { system: blocks }),
    messages: turns,
    ...(tools && { tools }),
    ...(tool_choice && { tool_choice }),
    ...(thinking && { thinking }),
    ...(claude.sampling && readSampling(request.temperature, top_p, top_k, isThinkingOn(thinking))),
    ...(stop_sequences.length > 0 && { stop_sequences }),
    ...((schema || effort) && {
      output_config: {
        ...(effort && { effort }),
        ...(schema && { format: { type: 'json_schema', schema } }),
      },
    }),
    ...(user_id && { metadata: { user_id } }),
    ...(service_tier && { service_tier }),
  };
}

function readMaxTokens(request: JsonObject): number | undefined {
  for (const name of ['max_completion_tokens', 'max_tokens', 'max_output_tokens']) {
    const value = request[name];
    if (value !== undefined && value !== null) return readNumber(value, name);
  }
  return undefined;
}

function readSampling(temperature: unknown, top_p: unknown, top_k: unknown, thinks: boolean): JsonObject {
  if (thinks) return typeof top_p === 'number' && top_p >= THINKING_TOP_P_MIN ? { top_p } : {};
  const rest = top_k === undefined ? {} : { top_k };
  if (temperature === undefined || temperature === null)
    return top_p === undefined ? rest : { top_p, ...rest };
  return { temperature: Math.min(readNumber(temperature, 'temperature'), 1), ...rest };
}

function readStop(stop: unknown): string[] {
  if (stop === undefined || stop === null) return [];
  const list = typeof stop === 'string' ? [stop] : readArray(stop, 'stop');
  return list.map((text, i) => readString(text, `stop[${i}]`)).filter((text) => text.trim() !== '');
}

function readFormat(request: JsonObject): { readonly schema?: JsonObject; readonly rule?: Block } {
  const { response_format: value } = request;
  if (value === undefined || value === null) {
    const { format } = readConfig(request);
    return isObject(format) && isObject(format.schema) ? { schema: reduceSchema(format.schema) } : {};
  }
  const format = readObject(value, 'response_format');
  if (format.type === 'text') return {};
  if (format.type === 'json_object') return { rule: JSON_RULE };
  if (format.type !== 'json_schema') {
    throw invalidField('response_format.type', 'must be "text", "json_object" or "json_schema"');
  }
  const { schema } = readObject(format.json_schema, 'response_format.json_schema');
  return isObject(schema) ? { schema: reduceSchema(schema) } : { rule: JSON_RULE };
}

function readTier(tier: unknown): string | undefined {
  if (typeof tier !== 'string') return undefined;
  return tier === 'default' || tier === 'flex' ? 'standard_only' : 'auto';
}

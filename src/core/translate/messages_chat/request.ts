import { createHash } from 'node:crypto';
import { invalidField, ProxyError } from '../../errors.ts';
import { keepFields } from '../fields.ts';
import { settingsFor } from '../models.ts';
import { isObject, readArray, readNumber, readObject, readOptionalString, readString } from '../read.ts';
import type { ToolNames } from '../toolnames.ts';
import type { JsonObject } from '../translation.ts';
import { REQUEST } from './fields.ts';
import { translateMessages } from './messages.ts';
import { responseFormat } from './schema.ts';
import { reasoningEffort } from './thinking.ts';
import { translateTools } from './tools.ts';

/** https://platform.openai.com/docs/api-reference/chat/create#chat-create-stop */
const STOPS_MAX = 4;
/** https://platform.openai.com/docs/api-reference/chat/create#chat-create-safety_identifier */
const USER_CHARS_MAX = 64;

/**
 * @param model the routed one
 * @param names learns the names of the tools
 * @throws ProxyError `invalid_field`, `threads_unsupported`
 */
export function translateRequest(request: JsonObject, model: string, names: ToolNames): JsonObject {
  if (isObject(request.thread)) throw new ProxyError('threads_unsupported', { param: 'thread' });
  const { stop, temperature, top_p, ...kept } = keepFields(request, REQUEST);
  const limit = readNumber(request.max_tokens, 'max_tokens');
  const effort = reasoningEffort(request);
  const settings = { limit, temperature, top_p, stop: readStop(stop), effort };
  const tools = translateTools(request, names);
  return {
    model,
    messages: translateMessages(request, model, names),
    ...kept,
    ...(kept.stream === true ? { stream_options: { include_usage: true } } : {}),
    ...settingsFor(model, settings, tools.tools !== undefined),
    ...tools,
    ...responseFormat(request),
    ...userOf(request.metadata),
  };
}

function readStop(value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const stop = readArray(value, 'stop_sequences').map((text, i) => readString(text, `stop_sequences[${i}]`));
  if (stop.length > STOPS_MAX) {
    throw invalidField(
      'stop_sequences',
      `must have at most ${STOPS_MAX} entries for the model that was chosen`,
    );
  }
  return stop.length === 0 ? undefined : stop;
}

function userOf(metadata: unknown): JsonObject {
  if (metadata === undefined || metadata === null) return {};
  const id = readOptionalString(readObject(metadata, 'metadata').user_id, 'metadata.user_id');
  if (id === undefined) return {};
  return { user: id.length > USER_CHARS_MAX ? createHash('sha256').update(id).digest('hex') : id };
}

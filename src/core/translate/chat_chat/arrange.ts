import { invalidField } from '../../errors.ts';
import { extraFor, fitId } from '../models.ts';
import { isObject, listOf, textOf } from '../read.ts';
import type { JsonObject } from '../translation.ts';
import type { Entry } from './messages.ts';

/** For calls that a client left unanswered, as after an interruption. */
const UNANSWERED = 'No result was given for this call.';
const ID_CHARS_SHOWN = 64;

interface Slot {
  readonly message: JsonObject;
  /** Of the assistant's message. */
  readonly calls: JsonObject[];
  /** By the call's id. */
  readonly results: Map<unknown, Entry>;
}

/**
 * The messages, each followed by the results of its calls, wherever the client has those. Ids are such as the model
 * takes. A message without calls is not touched.
 * @throws ProxyError `invalid_field` for a result without a call, or when nothing was said at all
 */
export function arrange(entries: readonly Entry[], model: string): JsonObject[] {
  if (entries.length === 0)
    throw invalidField('messages', 'must hold at least one message that says something');
  const slots: Slot[] = [];
  /** By the ids of their calls. Some clients use an id again: it means the latest call. */
  const called = new Map<unknown, Slot>();
  /** To which a bare call belongs. */
  let open: Slot | undefined;
  for (const { message, path, bare, shown } of entries) {
    if (message.role === 'tool') {
      const slot = called.get(message.tool_call_id);
      if (slot === undefined) {
        const id = textOf(message.tool_call_id).slice(0, ID_CHARS_SHOWN);
        throw invalidField(path, `names a call that no message before it has: "${id}"`);
      }
      slot.results.set(message.tool_call_id, { message, path, ...(shown && { shown }) });
      open = undefined;
      continue;
    }
    let slot = bare === true ? open : undefined;
    if (slot === undefined) {
      slot = { message, calls: [], results: new Map() };
      slots.push(slot);
    }
    for (const call of listOf(message.tool_calls)) {
      slot.calls.push(call);
      called.set(call.id, slot);
    }
    open = message.role === 'assistant' ? slot : undefined;
  }
  return slots.flatMap((slot) => messagesOf(slot, model));
}

function messagesOf({ message, calls, results }: Slot, model: string): readonly JsonObject[] {
  if (calls.length === 0) return [message];
  const fitted = calls.map((call, i) => {
    const own = isObject(call.extra_content) ? call.extra_content : undefined;
    return { ...call, id: fitId(textOf(call.id), model), ...extraFor(model, own, i === 0) };
  });
  const answers = calls.map(({ id }, i) => ({
    role: 'tool',
    tool_call_id: fitted[i]!.id,
    content: results.get(id)?.message.content ?? UNANSWERED,
  }));
  const shown = [...results.values()].flatMap((result) => result.shown ?? []);
  const behind = shown.length > 0 ? [{ role: 'user', content: shown }] : [];
  return [{ ...message, tool_calls: fitted }, ...answers, ...behind];
}

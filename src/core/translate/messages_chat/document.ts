import { isTooDeep } from '../depth.ts';
import { isObject, listOf } from '../read.ts';
import type { ToolNames } from '../toolnames.ts';
import type { JsonObject, TranslationOptions } from '../translation.ts';
import { MessageEvents } from './stream.ts';

/** An answer in one document is a stream whose only event has all of it. */
export function translateDocument(
  answer: JsonObject,
  names: ToolNames,
  options: TranslationOptions,
): JsonObject {
  const message = new Assembly();
  const events = new MessageEvents((event) => message.push(event), names, options, Number.POSITIVE_INFINITY);
  const choice = listOf(answer.choices)[0];
  events.push({ ...answer, choices: choice === undefined ? [] : [{ ...choice, delta: choice.message }] });
  events.end();
  return message.whole;
}

/** Puts a message together from its events. */
class Assembly {
  whole: Record<string, unknown> = {};
  readonly #content: Record<string, unknown>[] = [];
  #arguments = '';

  push(event: JsonObject): void {
    switch (event.type) {
      case 'message_start':
        this.whole = { ...(event.message as JsonObject), content: this.#content };
        break;
      case 'content_block_start':
        this.#content.push({ ...(event.content_block as JsonObject) });
        this.#arguments = '';
        break;
      case 'content_block_delta':
        this.#add(event.delta as Readonly<Record<string, string>>);
        break;
      case 'content_block_stop': {
        const block = this.#content.at(-1)!;
        if (block.type === 'tool_use') block.input = inputOf(this.#arguments);
        break;
      }
      case 'message_delta':
        Object.assign(this.whole, event.delta, { usage: event.usage });
        break;
    }
  }

  #add({
    text = '',
    thinking = '',
    signature = '',
    partial_json = '',
  }: Readonly<Record<string, string>>): void {
    const block = this.#content.at(-1)!;
    if (text !== '') block.text += text;
    if (thinking !== '') block.thinking += thinking;
    if (signature !== '') block.signature = signature;
    this.#arguments += partial_json;
  }
}

/**
 * The input of a tool call is an object. Arguments that are none, or no JSON at all, become the only member of one, so
 * that the client's own check tells the model about them.
 */
function inputOf(text: string): JsonObject {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (isTooDeep(value)) return { arguments: text };
    if (isObject(value)) return value;
    if (value === null) return {};
  } catch {
    // Falls through to the text as it came.
  }
  return { arguments: text };
}

import { saidIn, thinkingPart } from '../content.ts';
import { isObject, listOf, textOf } from '../read.ts';
import { detailsOf, IN_CONTENT, TEXT_MEMBERS } from '../reasoning.ts';
import { read, sign } from '../signature.ts';
import type { JsonObject } from '../translation.ts';

/**
 * The reasoning of one item: its text, and what the upstream wants back with it, which rides in `encrypted_content`.
 * Clients send that back as it is.
 */
export class Thought {
  text = '';
  #member: string | undefined;
  #details: JsonObject[] = [];
  #opaque = '';
  #calls: Record<string, unknown> = {};

  /** Takes the reasoning out of a message, or of a part of one. @returns its text */
  add(delta: JsonObject): string {
    const details = detailsOf(delta);
    for (const detail of details) this.#addDetail(detail);
    this.#opaque += textOf(delta.reasoning_opaque);
    const member = memberOf(delta);
    // OpenRouter tells it twice; some others in detail only.
    const text =
      member === undefined
        ? details.map(({ text, summary }) => textOf(text) || textOf(summary)).join('')
        : member === IN_CONTENT
          ? thinkingIn(delta)
          : textOf(delta[member]);
    this.#member ??= member;
    this.text += text;
    return text;
  }

  /** @param extra `extra_content` of the call: Gemini's signature, which must come back with it */
  addCall(id: string, extra: JsonObject): void {
    this.#calls[id] = extra;
  }

  /** Pieces of a detail have the same `index`, and the signature comes last. */
  #addDetail(detail: JsonObject): void {
    const last = this.#details.at(-1);
    const goesOn =
      last !== undefined &&
      last.type === detail.type &&
      last.index === detail.index &&
      textOf(last.signature) === '' &&
      textOf(last.data) === '';
    if (!goesOn) {
      this.#details.push({ ...detail });
      return;
    }
    const told = Object.entries(detail).filter(([, value]) => value !== null && value !== undefined);
    const text = textOf(last.text) + textOf(detail.text);
    const summary = textOf(last.summary) + textOf(detail.summary);
    this.#details[this.#details.length - 1] = {
      ...last,
      ...Object.fromEntries(told),
      ...(text !== '' && { text }),
      ...(summary !== '' && { summary }),
    };
  }

  get encrypted(): string {
    return sign({
      ...(this.#member !== undefined && this.#member !== TEXT_MEMBERS[0] && { as: this.#member }),
      ...(this.#details.length > 0 && { details: this.#details }),
      ...(this.#opaque !== '' && { opaque: this.#opaque }),
      ...(Object.keys(this.#calls).length > 0 && { calls: this.#calls }),
    });
  }
}

/** Where the text of the reasoning stands. */
function memberOf(delta: JsonObject): string | undefined {
  const member = TEXT_MEMBERS.find((name) => textOf(delta[name]) !== '');
  return member ?? (thinkingIn(delta) === '' ? undefined : IN_CONTENT);
}

function thinkingIn({ content }: JsonObject): string {
  if (!Array.isArray(content)) return '';
  const thoughts = saidIn(content).filter(({ thinking }) => thinking);
  return thoughts.map(({ text }) => text).join('');
}

/** Whether a message, or a part of one, has reasoning in it. */
export function hasReasoning(delta: JsonObject): boolean {
  return (
    memberOf(delta) !== undefined || detailsOf(delta).length > 0 || textOf(delta.reasoning_opaque) !== ''
  );
}

/** What a reasoning item is for the upstream that made it. */
export interface Recalled {
  readonly text: string;
  /** Of the assistant's message. */
  readonly members: JsonObject;
  /** `extra_content` of its calls, by id. */
  readonly calls: JsonObject;
}

/** Of reasoning that this translation did not make, there is only the text: nobody but its maker can read the rest. */
export function recall({ summary, content, encrypted_content }: JsonObject): Recalled {
  const told = listOf(summary).length > 0 ? listOf(summary) : listOf(content);
  const text = told.map((part) => textOf(part.text)).join('\n\n');
  const back = read(encrypted_content);
  if (back === undefined) return { text, members: {}, calls: {} };
  return {
    text,
    members: {
      ...membersOf(back, text),
      ...(textOf(back.opaque) !== '' && { reasoning_opaque: back.opaque }),
    },
    calls: isObject(back.calls) ? back.calls : {},
  };
}

function membersOf({ as, details }: JsonObject, text: string): JsonObject {
  if (listOf(details).length > 0) return { reasoning_details: listOf(details) };
  if (text === '') return {};
  if (as === IN_CONTENT) return { [IN_CONTENT]: [thinkingPart(text)] };
  return { [TEXT_MEMBERS.find((name) => name === as) ?? TEXT_MEMBERS[0]]: text };
}

import { thinkingPart } from '../content.ts';
import { withReasoning } from '../models.ts';
import { isObject, textOf } from '../read.ts';
import { detailsOf, IN_CONTENT, TEXT_MEMBERS } from '../reasoning.ts';
import { read } from '../signature.ts';
import type { JsonObject } from '../translation.ts';

/** Where the text of a `reasoning_details` entry stands, by its type; other types have none. */
const TEXT_OF_DETAIL: ReadonlyMap<unknown, string> = new Map([
  ['reasoning.text', 'text'],
  ['reasoning.summary', 'summary'],
]);

/**
 * What an upstream wants back beside the text of its reasoning. It rides in the signature of a block.
 */
export interface Back {
  /** The model whose reasoning it is. Another one may refuse it. */
  readonly by?: string;
  /** The member in which the text came, if it was not `reasoning_content`. */
  readonly as?: string;
  /** An entry of OpenRouter's `reasoning_details`, without its text. */
  readonly detail?: JsonObject;
  /** Copilot's `reasoning_opaque`. */
  readonly opaque?: string;
}

export interface ReasoningSink {
  /** @param key the same for pieces of the same block */
  thinking(text: string, key: string, back: Back): void;
  /** Reasoning that cannot be read, or what belongs to it. */
  redacted(back: Back): void;
}

/**
 * Takes the reasoning out of an upstream's message, or of a part of one. OpenRouter tells it twice, as text and in
 * detail: the details count then, because they must go back.
 * https://openrouter.ai/docs/use-cases/reasoning-tokens
 */
export function readReasoning(message: JsonObject, sink: ReasoningSink): void {
  let detailed = false;
  for (const detail of detailsOf(message)) if (readDetail(detail, sink)) detailed = true;
  if (!detailed) readText(message, sink);
  const opaque = message.reasoning_opaque;
  if (typeof opaque === 'string' && opaque !== '') sink.redacted({ opaque });
}

function readText(message: JsonObject, sink: ReasoningSink): void {
  for (const member of TEXT_MEMBERS) {
    const text = message[member];
    if (typeof text !== 'string' || text === '') continue;
    sink.thinking(text, member, member === TEXT_MEMBERS[0] ? {} : { as: member });
    return;
  }
}

/** @returns whether it has text */
function readDetail(detail: JsonObject, sink: ReasoningSink): boolean {
  const { text, summary, ...rest } = detail;
  if (!TEXT_OF_DETAIL.has(detail.type)) {
    sink.redacted({ detail });
    return false;
  }
  const told = textOf(text) || textOf(summary);
  sink.thinking(told, `${detail.type}#${detail.index}`, { detail: rest });
  return told !== '';
}

/** Adds what a later piece of the same block knows. */
export function addBack(back: Back, more: Back): Back {
  if (more.detail === undefined) return back;
  const told = Object.entries(more.detail).filter(([, value]) => value !== null);
  return { ...back, detail: { ...back.detail, ...Object.fromEntries(told) } };
}

/** The reasoning of one assistant message, on its way back to the model that made it. */
export class Reasoning {
  readonly #members: Record<string, unknown> = {};
  readonly #details: JsonObject[] = [];
  /** Parts of the content. */
  readonly parts: JsonObject[] = [];
  /** What other models thought. */
  #others = '';
  readonly #model: string;

  /** @param model that gets it */
  constructor(model: string) {
    this.#model = model;
  }

  /**
   * @param text of a thinking block
   * @param signature of it, or the data of a redacted one. What another model made is left out, so are Anthropic's own,
   * unless the model wants some reasoning, whosever it is
   */
  add(text: string, signature: unknown): void {
    const back = read(signature);
    if (back === undefined || back.by !== this.#model) {
      this.#others += text;
      return;
    }
    if (isObject(back.detail)) {
      this.#addDetail(back.detail, text);
      return;
    }
    if (typeof back.opaque === 'string') this.#members.reasoning_opaque = back.opaque;
    if (text === '') return;
    if (back.as === IN_CONTENT) {
      this.parts.push(thinkingPart(text));
      return;
    }
    const member = TEXT_MEMBERS.find((name) => name === back.as) ?? TEXT_MEMBERS[0];
    this.#members[member] = textOf(this.#members[member]) + text;
  }

  #addDetail(detail: JsonObject, text: string): void {
    const member = TEXT_OF_DETAIL.get(detail.type);
    if (member === undefined) {
      this.#details.push(detail);
      return;
    }
    const last = this.#details.at(-1);
    // A signature that came after the text had been closed has a block of its own.
    if (text === '' && last?.type === detail.type && last?.index === detail.index) {
      Object.assign(last!, detail);
    } else {
      this.#details.push({ ...detail, [member]: text });
    }
  }

  /** Whether there is nothing of the model's own. */
  get isEmpty(): boolean {
    return this.parts.length + this.#details.length + Object.keys(this.#members).length === 0;
  }

  /** Members of an assistant message. */
  get members(): JsonObject {
    const own =
      this.#details.length === 0 ? this.#members : { ...this.#members, reasoning_details: this.#details };
    return withReasoning(own, this.#others, this.#model);
  }
}

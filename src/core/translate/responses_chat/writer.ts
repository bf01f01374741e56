import { ProxyError } from '../../errors.ts';
import type { Emit, JsonObject } from '../translation.ts';

/** Longest answer, in characters of its text, reasoning and arguments. */
const TEXT_CHARS_MAX = 32 * 1024 * 1024;

/**
 * Numbers the events of one stream and the items of its output, and keeps the items: the event that ends the stream has
 * all of them in it, and so memory grows with the answer here, as this API wants it, up to a limit.
 */
export class Writer {
  readonly #emit: Emit;
  readonly #id: string;
  #events = 0;
  #textChars = 0;
  /** By output index; those that are not done are as they were when they began. */
  readonly output: JsonObject[] = [];

  /** @param id of the exchange */
  constructor(emit: Emit, id: string) {
    this.#emit = emit;
    this.#id = id;
  }

  /** @param name of the event, without `response.` */
  add(name: string, payload: JsonObject): void {
    this.#emit({ type: `response.${name}`, sequence_number: this.#events++, ...payload });
  }

  /** @param prefix of the item's id @param make the item as it begins */
  begin(prefix: string, make: (id: string) => JsonObject): ItemWriter {
    const index = this.output.length;
    const id = `${prefix}_${this.#id}_${index}`;
    const item = make(id);
    this.output.push(item);
    this.add('output_item.added', { output_index: index, item });
    return new ItemWriter(this, id, index);
  }

  /** @throws ProxyError `upstream_invalid` when the answer gets too long */
  keep(text: string): void {
    this.#textChars += text.length;
    if (this.#textChars > TEXT_CHARS_MAX) {
      throw new ProxyError('upstream_invalid', {
        message: `The answer is longer than ${TEXT_CHARS_MAX} characters, which is as much as is kept of one.`,
      });
    }
  }
}

/** The events about one item. */
export class ItemWriter {
  readonly id: string;
  readonly #writer: Writer;
  readonly #index: number;

  constructor(writer: Writer, id: string, index: number) {
    this.id = id;
    this.#writer = writer;
    this.#index = index;
  }

  add(name: string, payload: JsonObject): void {
    this.#writer.add(name, { item_id: this.id, output_index: this.#index, ...payload });
  }

  /** @param text is new */
  delta(name: string, text: string, payload: JsonObject = {}): void {
    this.#writer.keep(text);
    this.add(`${name}.delta`, { ...payload, delta: text });
  }

  end(item: JsonObject): void {
    this.#writer.output[this.#index] = item;
    this.#writer.add('output_item.done', { output_index: this.#index, item });
  }
}

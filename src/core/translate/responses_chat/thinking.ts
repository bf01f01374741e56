import { textOf } from '../read.ts';
import { detailsOf } from '../reasoning.ts';
import type { JsonObject } from '../translation.ts';
import { Thought } from './reasoning.ts';
import type { ItemWriter, Writer } from './writer.ts';

const AT = { summary_index: 0 };

/** An output item that is reasoning. What the upstream tells of it is its summary, in one part. */
export class ReasoningItem {
  readonly #writer: Writer;
  readonly #item: ItemWriter;
  readonly #thought = new Thought();

  constructor(writer: Writer) {
    this.#writer = writer;
    this.#item = writer.begin('rs', (id) => ({ id, type: 'reasoning', summary: [] }));
  }

  /** @param delta of a message, which has reasoning in it */
  add(delta: JsonObject): void {
    const begun = this.#thought.text !== '';
    const text = this.#thought.add(delta);
    // The text counts when it is sent on.
    for (const { text: _, summary: __, ...beside } of detailsOf(delta)) {
      for (const value of Object.values(beside)) this.#writer.keep(textOf(value) || JSON.stringify(value));
    }
    this.#writer.keep(textOf(delta.reasoning_opaque));
    if (text === '') return;
    if (!begun) this.#item.add('reasoning_summary_part.added', { ...AT, part: summaryPart('') });
    this.#item.delta('reasoning_summary_text', text, AT);
  }

  /** As `Thought.addCall`. */
  addCall(id: string, extra: JsonObject): void {
    this.#writer.keep(JSON.stringify(extra));
    this.#thought.addCall(id, extra);
  }

  end(): void {
    const { text, encrypted } = this.#thought;
    const summary = text === '' ? [] : [summaryPart(text)];
    if (text !== '') {
      this.#item.add('reasoning_summary_text.done', { ...AT, text });
      this.#item.add('reasoning_summary_part.done', { ...AT, part: summary[0] });
    }
    this.#item.end({ id: this.#item.id, type: 'reasoning', summary, encrypted_content: encrypted });
  }
}

const summaryPart = (text: string): JsonObject => ({ type: 'summary_text', text });

import type { JsonObject } from '../translation.ts';
import type { ItemWriter, Writer } from './writer.ts';

export type Status = 'in_progress' | 'completed' | 'incomplete';

/** A kind of part: its name in events, the member that holds its text, and what else is in it. */
interface Kind {
  readonly event: 'output_text' | 'refusal';
  readonly member: 'text' | 'refusal';
  readonly more: JsonObject;
  readonly beside: JsonObject;
}

export const TEXT: Kind = {
  event: 'output_text',
  member: 'text',
  more: { annotations: [], logprobs: [] },
  beside: { logprobs: [] },
};
export const REFUSAL: Kind = { event: 'refusal', member: 'refusal', more: {}, beside: {} };

/** An output item that is a message: parts of text and refusal, one after the other. */
export class MessageItem {
  readonly #writer: ItemWriter;
  readonly #parts: JsonObject[] = [];
  #kind: Kind | undefined;
  #text = '';

  constructor(writer: Writer) {
    this.#writer = writer.begin('msg', (id) => messageItem(id, 'in_progress', []));
  }

  add(kind: Kind, text: string): void {
    if (this.#kind !== kind) {
      this.#endPart();
      this.#kind = kind;
      this.#about('content_part.added', { part: partOf(kind, '') });
    }
    this.#text += text;
    this.#writer.delta(kind.event, text, { content_index: this.#parts.length, ...kind.beside });
  }

  end(status: Status): void {
    this.#endPart();
    this.#writer.end(messageItem(this.#writer.id, status, this.#parts));
  }

  #endPart(): void {
    const kind = this.#kind;
    if (kind === undefined) return;
    const part = partOf(kind, this.#text);
    this.#about(`${kind.event}.done`, { [kind.member]: this.#text, ...kind.beside });
    this.#about('content_part.done', { part });
    this.#parts.push(part);
    this.#text = '';
  }

  #about(name: string, payload: JsonObject): void {
    this.#writer.add(name, { content_index: this.#parts.length, ...payload });
  }
}

const partOf = ({ event, member, more }: Kind, text: string): JsonObject => ({
  type: event,
  [member]: text,
  ...more,
});

const messageItem = (id: string, status: Status, content: readonly JsonObject[]): JsonObject => ({
  id,
  type: 'message',
  role: 'assistant',
  status,
  content,
});

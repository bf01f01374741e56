import { ProxyError } from '../../errors.ts';
import { isObject, listOf, textOf } from '../read.ts';
import type { Emit, EventTranslator, JsonObject } from '../translation.ts';
import { CallItem } from './call.ts';
import { MessageItem, REFUSAL, type Status, TEXT } from './message.ts';
import { hasReasoning } from './reasoning.ts';
import { type Frame, responseOf } from './response.ts';
import { ReasoningItem } from './thinking.ts';
import type { Tools } from './tools.ts';
import { Writer } from './writer.ts';

const REASONS: Readonly<Record<string, 'max_output_tokens' | 'content_filter'>> = {
  length: 'max_output_tokens',
  content_filter: 'content_filter',
};

/** A call of the upstream's. Its item begins with its name. */
interface Call {
  readonly id: string;
  item: CallItem | undefined;
  /** Arguments that came before the name. */
  early: string;
}

/**
 * The events of a chat completion, as events of a response. Reasoning, text and calls become items in the order in which
 * they begin; several calls may be open at a time. Usage comes behind `finish_reason`, so all that ends the response
 * waits for the end of the stream. It keeps the text of the whole answer: see `Writer`.
 */
export class ResponseStream implements EventTranslator {
  readonly #frame: Frame;
  readonly #tools: Tools;
  readonly #writer: Writer;
  #model: string;
  #begun = false;
  #finish = '';
  #usage: unknown;
  #reasoning: ReasoningItem | undefined;
  #message: MessageItem | undefined;
  readonly #calls: Call[] = [];
  /** By the upstream's index. */
  readonly #callsByIndex = new Map<unknown, Call>();

  /** @param model for an upstream that does not name it */
  constructor(frame: Frame, model: string, tools: Tools, emit: Emit) {
    this.#frame = frame;
    this.#model = model;
    this.#tools = tools;
    this.#writer = new Writer(emit, frame.id);
  }

  push(chunk: JsonObject): void {
    if (!this.#begun) this.#begin(chunk);
    if (isObject(chunk.usage)) this.#usage = chunk.usage;
    for (const { index, delta, finish_reason } of listOf(chunk.choices)) {
      if (typeof index === 'number' && index !== 0) continue;
      if (isObject(delta)) this.#add(delta);
      this.#finish = textOf(finish_reason) || this.#finish;
    }
  }

  end(): void {
    if (!this.#begun) this.#begin({});
    const reason = REASONS[this.#finish];
    const status = reason === undefined ? 'completed' : 'incomplete';
    this.#endReasoning();
    this.#endMessage(this.#calls.length === 0 ? status : 'completed');
    this.#calls.forEach(({ item }, i) => {
      if (item === undefined) {
        throw new ProxyError('upstream_invalid', { message: 'A tool call of the stream has no name.' });
      }
      item.end(i === this.#calls.length - 1 ? status : 'completed');
    });
    this.#tell(status, status, reason);
  }

  #begin({ model }: JsonObject): void {
    this.#begun = true;
    this.#model = textOf(model) || this.#model;
    this.#tell('created', 'in_progress');
    this.#tell('in_progress', 'in_progress');
  }

  #tell(event: string, status: Status, reason?: 'max_output_tokens' | 'content_filter'): void {
    const [model, usage, output] = [this.#model, this.#usage, this.#writer.output];
    const progress =
      status === 'in_progress' ? { model, status, output: [] } : { model, status, reason, output, usage };
    this.#writer.add(event, { response: responseOf(this.#frame, progress) });
  }

  #add(delta: JsonObject): void {
    if (hasReasoning(delta)) {
      this.#endMessage('completed');
      this.#reasoning ??= new ReasoningItem(this.#writer);
      this.#reasoning.add(delta);
    }
    this.#say(TEXT, contentText(delta.content));
    this.#say(REFUSAL, textOf(delta.refusal));
    for (const call of listOf(delta.tool_calls)) this.#addCall(call);
  }

  #say(kind: typeof TEXT, text: string): void {
    if (text === '') return;
    this.#endReasoning();
    this.#message ??= new MessageItem(this.#writer);
    this.#message.add(kind, text);
  }

  #addCall(delta: JsonObject): void {
    const called = isObject(delta.function) ? delta.function : {};
    const call = this.#callOf(delta, textOf(called.name));
    const args = textOf(called.arguments);
    if (call.item !== undefined) {
      if (args !== '') call.item.add(args);
      return;
    }
    call.early += args;
    const name = textOf(called.name);
    if (name === '') {
      this.#writer.keep(args);
      return;
    }
    if (isObject(delta.extra_content)) {
      this.#endMessage('completed');
      this.#reasoning ??= new ReasoningItem(this.#writer);
      this.#reasoning.addCall(call.id, delta.extra_content);
    }
    this.#endReasoning();
    this.#endMessage('completed');
    call.item = new CallItem(this.#writer, call.id, this.#tools.get(name));
    if (call.early !== '') call.item.add(call.early);
  }

  /** Some upstreams give no index, and each call whole; some give each call the same one. */
  #callOf({ index, id: given }: JsonObject, name: string): Call {
    const id = textOf(given);
    const indexed = index !== undefined && index !== null;
    const known = indexed ? this.#callsByIndex.get(index) : this.#calls.at(-1);
    const another = id !== '' && id !== known?.id && (name !== '' || !indexed);
    const nameless = id === '' && !indexed && name !== '' && known?.item !== undefined;
    if (known !== undefined && !another && !nameless) return known;
    const call: Call = {
      id: id || `call_${this.#frame.id}_${this.#calls.length}`,
      item: undefined,
      early: '',
    };
    this.#calls.push(call);
    if (indexed) this.#callsByIndex.set(index, call);
    return call;
  }

  #endReasoning(): void {
    this.#reasoning?.end();
    this.#reasoning = undefined;
  }

  #endMessage(status: Status): void {
    this.#message?.end(status);
    this.#message = undefined;
  }
}

/** Mistral gives a list of parts. */
function contentText(content: unknown): string {
  return typeof content === 'string'
    ? content
    : listOf(content)
        .map(({ text }) => textOf(text))
        .join('');
}

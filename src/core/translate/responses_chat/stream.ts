import { ProxyError } from '../../errors.ts';
import { saidIn } from '../content.ts';
import { isObject, listOf, textOf } from '../read.ts';
import { type CallPart, callPartsOf, FoundCalls } from '../toolcalls.ts';
import type { Emit, EventTranslator, JsonObject } from '../translation.ts';
import { CallItem } from './call.ts';
import { MessageItem, REFUSAL, type Status, TEXT } from './message.ts';
import { hasReasoning } from './reasoning.ts';
import { type Frame, responseOf } from './response.ts';
import { ReasoningItem } from './thinking.ts';
import type { Tools } from './tools.ts';
import { Writer } from './writer.ts';

const REASONS: ReadonlyMap<string, 'max_output_tokens' | 'content_filter'> = new Map([
  ['length', 'max_output_tokens'],
  ['content_filter', 'content_filter'],
]);

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
  readonly #calls: FoundCalls<CallItem>;

  /** @param model for an upstream that does not name it */
  constructor(frame: Frame, model: string, tools: Tools, emit: Emit) {
    this.#frame = frame;
    this.#model = model;
    this.#tools = tools;
    this.#writer = new Writer(emit, frame.id);
    this.#calls = new FoundCalls('call', frame.id);
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
    const reason = REASONS.get(this.#finish);
    const status = reason === undefined ? 'completed' : 'incomplete';
    this.#endReasoning();
    // A part that says nothing is no call.
    const calls = this.#calls.all.filter(({ begun, early }) => begun !== undefined || early !== '');
    this.#endMessage(calls.length === 0 ? status : 'completed');
    calls.forEach(({ begun }, i) => {
      if (begun === undefined) {
        throw new ProxyError('upstream_invalid', { message: 'A tool call of the stream has no name.' });
      }
      begun.end(i === calls.length - 1 ? status : 'completed');
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
    for (const { thinking, text } of saidIn(delta.content)) if (!thinking) this.#say(TEXT, text);
    this.#say(REFUSAL, textOf(delta.refusal));
    for (const part of callPartsOf(delta)) this.#addCall(part);
  }

  #say(kind: typeof TEXT, text: string): void {
    if (text === '') return;
    this.#endReasoning();
    this.#message ??= new MessageItem(this.#writer);
    this.#message.add(kind, text);
  }

  #addCall(part: CallPart): void {
    const call = this.#calls.find(part);
    if (call.begun !== undefined) {
      if (part.arguments !== '') call.begun.add(part.arguments);
      return;
    }
    if (part.name === '') {
      this.#writer.keep(part.arguments);
      call.early += part.arguments;
      return;
    }
    const id = this.#calls.name(call);
    this.#writer.keep(id);
    this.#writer.keep(part.name);
    if (part.extra !== undefined) {
      this.#endMessage('completed');
      this.#reasoning ??= new ReasoningItem(this.#writer);
      this.#reasoning.addCall(id, part.extra);
    }
    this.#endReasoning();
    this.#endMessage('completed');
    call.begun = new CallItem(this.#writer, id, this.#tools.get(part.name));
    const args = call.early + part.arguments;
    if (args !== '') call.begun.add(args);
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

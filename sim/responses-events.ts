import type { Answer } from './answer.ts';
import type { SseEvent } from './dialect.ts';
import { reportedOf } from './openai-usage.ts';
import {
  begun,
  callItem,
  completed,
  messageItem,
  reasoningItem,
  refusalPart,
  statusOf,
  textPart,
} from './responses-body.ts';

type More = Omit<SseEvent, 'event' | 'data'>;

export function responsesEvents(answer: Answer): SseEvent[] {
  const writer = new Writer();
  const status = statusOf(answer);
  writer.add('created', { response: begun(answer) });
  writer.add('in_progress', { response: begun(answer) });
  if (answer.thinking.length > 0) reason(writer, answer);
  if (answer.text.length + answer.refusal.length > 0) speak(writer, answer);
  for (const tool of answer.tools) call(writer, tool);
  const { counts } = answer;
  writer.add(status, { response: completed(answer) }, counts && { reported: reportedOf(counts) });
  return writer.events;
}

/** Numbers the events, and the output items among them. */
class Writer {
  readonly events: SseEvent[] = [];
  #item = 0;
  #itemId = '';

  add(name: string, payload: object, more: More = {}): void {
    const type = `response.${name}`;
    const data = JSON.stringify({ type, sequence_number: this.events.length, ...payload });
    this.events.push({ event: type, data, ...more });
  }

  /** About the present item. */
  about(name: string, payload: object, more?: More): void {
    this.add(name, { item_id: this.#itemId, output_index: this.#item, ...payload }, more);
  }

  open(item: object): void {
    this.#itemId = (item as { id: string }).id;
    this.add('output_item.added', { output_index: this.#item, item });
  }

  close(item: object): void {
    this.add('output_item.done', { output_index: this.#item, item });
    this.#item++;
  }
}

function reason(writer: Writer, answer: Answer): void {
  const text = answer.thinking.join('');
  const at = { summary_index: 0 };
  writer.open(reasoningItem(answer, undefined));
  writer.about('reasoning_summary_part.added', { ...at, part: { type: 'summary_text', text: '' } });
  for (const delta of answer.thinking) {
    writer.about('reasoning_summary_text.delta', { ...at, delta }, { content: true });
  }
  writer.about('reasoning_summary_text.done', { ...at, text });
  writer.about('reasoning_summary_part.done', { ...at, part: { type: 'summary_text', text } });
  writer.close(reasoningItem(answer, text));
}

function speak(writer: Writer, answer: Answer): void {
  const parts: object[] = [];
  writer.open(messageItem(answer, [], 'in_progress'));
  if (answer.text.length > 0) {
    const at = { content_index: parts.length };
    const text = answer.text.join('');
    writer.about('content_part.added', { ...at, part: textPart('') });
    for (const delta of answer.text) {
      writer.about('output_text.delta', { ...at, delta, logprobs: [] }, { content: true, text: delta });
    }
    writer.about('output_text.done', { ...at, text, logprobs: [] });
    writer.about('content_part.done', { ...at, part: textPart(text) });
    parts.push(textPart(text));
  }
  if (answer.refusal.length > 0) {
    const at = { content_index: parts.length };
    const refusal = answer.refusal.join('');
    writer.about('content_part.added', { ...at, part: refusalPart('') });
    for (const delta of answer.refusal) writer.about('refusal.delta', { ...at, delta }, { content: true });
    writer.about('refusal.done', { ...at, refusal });
    writer.about('content_part.done', { ...at, part: refusalPart(refusal) });
    parts.push(refusalPart(refusal));
  }
  writer.close(messageItem(answer, parts, statusOf(answer) === 'incomplete' ? 'incomplete' : 'completed'));
}

function call(writer: Writer, tool: Answer['tools'][number]): void {
  const json = tool.pieces.join('');
  writer.open(callItem(tool, '', 'in_progress'));
  for (const delta of tool.pieces)
    writer.about('function_call_arguments.delta', { delta }, { content: true });
  writer.about('function_call_arguments.done', { arguments: json, name: tool.name });
  writer.close(callItem(tool, json, 'completed'));
}

import { saidIn } from '../content.ts';
import { isObject, textOf } from '../read.ts';
import { IN_CONTENT } from '../reasoning.ts';
import type { ToolNames } from '../toolnames.ts';
import type { Emit, EventTranslator, JsonObject, TranslationOptions } from '../translation.ts';
import { Blocks } from './blocks.ts';
import { Calls } from './calls.ts';
import { readReasoning } from './reasoning.ts';
import { usageOf } from './usage.ts';

/** Most text of tool calls that came at once and have to go out one after the other. */
export const HELD_CHARS_MAX = 4 * 1024 * 1024;

const REFUSAL = { type: 'refusal', category: null, explanation: null };

/**
 * The events of an answer: `message_start`, its content blocks as they come and, when the upstream has ended,
 * `message_delta` and `message_stop`. Usage comes after the reason to finish, so both wait for the end.
 * https://docs.anthropic.com/en/docs/build-with-claude/streaming
 */
export class MessageEvents implements EventTranslator {
  readonly #emit: Emit;
  readonly #options: TranslationOptions;
  readonly #blocks: Blocks;
  readonly #calls: Calls;
  #id = '';
  #model = '';
  #started = false;
  #finish = '';
  #refused = false;
  #usage: unknown;

  constructor(emit: Emit, names: ToolNames, options: TranslationOptions, heldCharsMax = HELD_CHARS_MAX) {
    this.#emit = emit;
    this.#options = options;
    this.#blocks = new Blocks(emit, options.model, heldCharsMax);
    this.#calls = new Calls(this.#blocks, names, options.id);
  }

  said({ choices, usage }: JsonObject): string | undefined {
    if (!this.#blocks.writesText || isObject(usage) || !Array.isArray(choices)) return undefined;
    const choice: unknown = choices[0];
    if (!isObject(choice) || !isObject(choice.delta) || textOf(choice.finish_reason) !== '') return undefined;
    const { role: _, content, ...others } = choice.delta;
    const alone = Object.values(others).every((value) => value === null);
    return alone ? textOf(content) || undefined : undefined;
  }

  push(event: JsonObject): void {
    if (isObject(event.usage)) this.#usage = event.usage;
    const choice: unknown = Array.isArray(event.choices) ? event.choices[0] : undefined;
    if (!this.#started) this.#meet(event, choice !== undefined);
    if (!isObject(choice)) return;
    if (isObject(choice.delta)) this.#read(choice.delta);
    const finish = textOf(choice.finish_reason);
    if (finish !== '') this.#finish = finish;
  }

  end(): void {
    if (!this.#started) this.#start();
    this.#blocks.finish();
    const reason = this.#stopReason();
    this.#emit({
      type: 'message_delta',
      delta: {
        stop_reason: reason,
        stop_sequence: null,
        stop_details: reason === 'refusal' ? REFUSAL : null,
      },
      usage: usageOf(this.#usage),
    });
    this.#emit({ type: 'message_stop' });
  }

  /** Copilot's first event may have neither a choice nor a model's name: the answer begins with the first that has. */
  #meet(event: JsonObject, filled: boolean): void {
    this.#id ||= textOf(event.id);
    this.#model ||= textOf(event.model);
    if (filled || this.#model !== '') this.#start();
  }

  #start(): void {
    this.#started = true;
    this.#emit({
      type: 'message_start',
      message: {
        id: `msg_${plain(this.#id.replace(/^chatcmpl-/, '') || this.#options.id)}`,
        type: 'message',
        role: 'assistant',
        model: this.#model || this.#options.model,
        content: [],
        stop_reason: null,
        stop_sequence: null,
        stop_details: null,
        usage: usageOf(undefined),
      },
    });
  }

  #read(delta: JsonObject): void {
    readReasoning(delta, this.#blocks);
    const { content, refusal } = delta;
    for (const { thinking, text } of saidIn(content)) {
      if (thinking) this.#blocks.thinking(text, IN_CONTENT, { as: IN_CONTENT });
      else this.#blocks.text(text);
    }
    if (typeof refusal === 'string' && refusal !== '') {
      this.#refused = true;
      this.#blocks.text(refusal);
    }
    this.#calls.read(delta);
  }

  /** OpenAI does not tell which stop sequence was met, if any: it is the end of the turn. */
  #stopReason(): string {
    if (this.#refused || this.#finish === 'content_filter') return 'refusal';
    if (this.#finish === 'length') return 'max_tokens';
    return this.#calls.count > 0 ? 'tool_use' : 'end_turn';
  }
}

const plain = (id: string): string => id.replace(/[^a-zA-Z0-9_]/g, '');

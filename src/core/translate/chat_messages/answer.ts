import { count, member } from '../../dialects/api.ts';
import { listOf, textOf } from '../read.ts';
import type { JsonObject, TranslationOptions } from '../translation.ts';
import { reasoningOf } from './reasoning.ts';

/** What each answer and each chunk begins with. */
export interface Head {
  readonly id: string;
  /** Unix time in seconds. */
  readonly created: number;
  readonly model: string;
}

/** @param message whole, or what `message_start` holds */
export function headOf(message: JsonObject, { id, model, now }: TranslationOptions): Head {
  return {
    id: `chatcmpl-${textOf(message.id).replace(/^msg_/, '') || id}`,
    created: Math.floor(now / 1000),
    model: textOf(message.model) || model,
  };
}

/** What a call's arguments are when the upstream has sent them as an object. */
export const argumentsOf = (input: unknown): string => JSON.stringify(input ?? {});

/** By Anthropic's `stop_reason`; every other one, such as `pause_turn`, is `stop`. */
const REASONS: ReadonlyMap<unknown, string> = new Map([
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool_calls'],
  ['refusal', 'content_filter'],
]);

/** @param calls of tools. Some bridges do not name them as the reason, and agents go by that. */
export function finishOf(reason: unknown, calls: number): string {
  const known = REASONS.get(reason) ?? 'stop';
  return known === 'stop' && calls > 0 ? 'tool_calls' : known;
}

/** Why the model refused, where it is told. */
export function refusalOf(details: unknown): string | undefined {
  return textOf(member(details, 'explanation')) || undefined;
}

/** Tokens. Each field that is there replaces the earlier one: `message_delta` repeats what `message_start` said. */
export class Usage {
  #input = 0;
  #cacheRead = 0;
  #cacheWrite = 0;
  #output = 0;
  #thinking: number | undefined = undefined;

  read(usage: unknown): void {
    this.#input = count(member(usage, 'input_tokens')) ?? this.#input;
    this.#cacheRead = count(member(usage, 'cache_read_input_tokens')) ?? this.#cacheRead;
    this.#cacheWrite = count(member(usage, 'cache_creation_input_tokens')) ?? this.#cacheWrite;
    this.#output = count(member(usage, 'output_tokens')) ?? this.#output;
    this.#thinking =
      count(member(member(usage, 'output_tokens_details'), 'thinking_tokens')) ?? this.#thinking;
  }

  /** OpenAI's `prompt_tokens` include cached ones, Anthropic's `input_tokens` do not. */
  report(): JsonObject {
    const prompt = this.#input + this.#cacheRead + this.#cacheWrite;
    return {
      prompt_tokens: prompt,
      completion_tokens: this.#output,
      total_tokens: prompt + this.#output,
      prompt_tokens_details: { cached_tokens: this.#cacheRead, cache_write_tokens: this.#cacheWrite },
      ...(this.#thinking !== undefined && {
        completion_tokens_details: { reasoning_tokens: this.#thinking },
      }),
    };
  }
}

/** A whole message as a chat completion. Blocks of server tools, and unknown ones, have no place in it. */
export function translateAnswer(message: JsonObject, options: TranslationOptions): JsonObject {
  const blocks = listOf(message.content);
  const texts = blocks.filter(({ type }) => type === 'text');
  const calls = blocks.filter(({ type }) => type === 'tool_use');
  const usage = new Usage();
  usage.read(message.usage);
  return {
    ...headOf(message, options),
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content:
            texts.length === 0 && calls.length > 0 ? null : texts.map(({ text }) => textOf(text)).join(''),
          refusal: refusalOf(message.stop_details) ?? null,
          ...reasoningOf(blocks),
          ...(calls.length > 0 && {
            tool_calls: calls.map(({ id, name, input }) => ({
              id: textOf(id),
              type: 'function',
              function: { name: textOf(name), arguments: argumentsOf(input) },
            })),
          }),
        },
        finish_reason: finishOf(message.stop_reason, calls.length),
        logprobs: null,
      },
    ],
    usage: usage.report(),
  };
}

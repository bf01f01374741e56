import { member } from '../../dialects/api.ts';
import { isObject, textOf } from '../read.ts';
import type { Emit, EventTranslator, JsonObject, TranslationOptions } from '../translation.ts';
import { argumentsOf, finishOf, type Head, headOf, refusalOf, Usage } from './answer.ts';
import { redactedDetail, signatureDetail, thinkingDetail } from './reasoning.ts';

/** A call whose arguments are not complete. */
interface OpenCall {
  /** Among the calls; blocks are counted otherwise. */
  readonly index: number;
  /** What the block began with. Some bridges put all of it there, and send no deltas. */
  readonly input: unknown;
  streamed: boolean;
}

const NOTHING: JsonObject = {};
/** Of upstreams that never close them. */
const OPEN_CALLS_MAX = 64;

/**
 * Anthropic's events as chunks of a chat completion. It holds the calls that are open, and nothing else that grows.
 * @see https://docs.anthropic.com/en/docs/build-with-claude/streaming
 */
export class ChatStream implements EventTranslator {
  readonly #emit: Emit;
  readonly #options: TranslationOptions;
  readonly #includeUsage: boolean;
  readonly #usage = new Usage();
  readonly #open = new Map<unknown, OpenCall>();
  #head: Head | undefined = undefined;
  #calls = 0;
  /** Blocks of thinking so far. */
  #thoughts = 0;
  /** Whether the current one has had no text. */
  #silent = true;
  #stopReason: unknown = undefined;
  #refusal: string | undefined = undefined;
  #finished = false;

  constructor(emit: Emit, options: TranslationOptions, includeUsage: boolean) {
    this.#emit = emit;
    this.#options = options;
    this.#includeUsage = includeUsage;
  }

  said({ type, delta, index }: JsonObject): string | undefined {
    if (type !== 'content_block_delta' || !isObject(delta) || this.#head === undefined) return undefined;
    if (delta.type === 'text_delta') return textOf(delta.text) || undefined;
    if (delta.type === 'thinking_delta') return textOf(delta.thinking) || undefined;
    return this.#open.get(index)?.streamed ? textOf(delta.partial_json) || undefined : undefined;
  }

  push(event: JsonObject): void {
    if (this.#finished) return;
    switch (event.type) {
      case 'content_block_delta':
        if (isObject(event.delta)) this.#onDelta(event.delta, event.index);
        break;
      case 'content_block_start':
        if (isObject(event.content_block)) this.#onBlock(event.content_block, event.index);
        break;
      case 'content_block_stop':
        this.#close(event.index);
        break;
      case 'message_start':
        this.#usage.read(member(event.message, 'usage'));
        this.#start(isObject(event.message) ? event.message : NOTHING);
        break;
      case 'message_delta':
        this.#usage.read(event.usage);
        this.#stopReason = member(event.delta, 'stop_reason') ?? this.#stopReason;
        this.#refusal = refusalOf(member(event.delta, 'stop_details')) ?? this.#refusal;
        break;
      case 'message_stop':
        this.end();
        break;
      // Pings, and events that are not known yet.
    }
  }

  end(): void {
    if (this.#finished) return;
    for (const index of this.#open.keys()) this.#close(index);
    if (this.#refusal !== undefined) this.#send({ refusal: this.#refusal });
    this.#send({}, finishOf(this.#stopReason, this.#calls));
    this.#finished = true;
    if (this.#includeUsage) {
      this.#emit({
        ...this.#head,
        object: 'chat.completion.chunk',
        choices: [],
        usage: this.#usage.report(),
      });
    }
  }

  /** A second `message_start` changes nothing. */
  #start(message: JsonObject): void {
    if (this.#head !== undefined) return;
    this.#head = headOf(message, this.#options);
    this.#send({ role: 'assistant', content: '' });
  }

  #onBlock(block: JsonObject, index: unknown): void {
    switch (block.type) {
      case 'tool_use':
        this.#close(index);
        if (this.#open.size === OPEN_CALLS_MAX) this.#close(this.#open.keys().next().value);
        this.#open.set(index, { index: this.#calls, input: block.input, streamed: false });
        this.#send({
          tool_calls: [
            {
              index: this.#calls++,
              id: textOf(block.id),
              type: 'function',
              function: { name: textOf(block.name), arguments: '' },
            },
          ],
        });
        break;
      case 'text':
        if (textOf(block.text) !== '') this.#send({ content: block.text });
        break;
      case 'thinking':
        this.#thoughts++;
        this.#silent = true;
        this.#think(block.thinking);
        this.#sign(block.signature);
        break;
      case 'redacted_thinking':
        this.#send({ reasoning_details: [redactedDetail(this.#thoughts++, textOf(block.data))] });
        break;
      // Server tools run at the upstream, and their results are in the text.
    }
  }

  #onDelta(delta: JsonObject, index: unknown): void {
    switch (delta.type) {
      case 'text_delta':
        if (textOf(delta.text) !== '') this.#send({ content: delta.text });
        break;
      case 'input_json_delta': {
        const call = this.#open.get(index);
        if (call !== undefined && textOf(delta.partial_json) !== '') {
          call.streamed = true;
          this.#sendArguments(call, delta.partial_json as string);
        }
        break;
      }
      case 'thinking_delta':
        this.#think(delta.thinking);
        break;
      case 'signature_delta':
        this.#sign(delta.signature);
        break;
    }
  }

  #think(text: unknown): void {
    if (textOf(text) === '') return;
    const index = Math.max(this.#thoughts - 1, 0);
    this.#silent = false;
    this.#send({ reasoning_content: text, reasoning_details: [thinkingDetail(index, text as string)] });
  }

  #sign(signature: unknown): void {
    if (textOf(signature) === '') return;
    const index = Math.max(this.#thoughts - 1, 0);
    this.#send({ reasoning_details: [signatureDetail(index, signature as string, this.#silent)] });
  }

  #close(index: unknown): void {
    const call = this.#open.get(index);
    if (call === undefined) return;
    this.#open.delete(index);
    if (!call.streamed) this.#sendArguments(call, argumentsOf(call.input));
  }

  #sendArguments({ index }: OpenCall, text: string): void {
    this.#send({ tool_calls: [{ index, function: { arguments: text } }] });
  }

  /** One literal for all chunks: with `usage` only where the client asked for it, as OpenAI does. */
  #send(delta: JsonObject, finish_reason: string | null = null): void {
    if (this.#head === undefined) this.#start(NOTHING);
    const { id, created, model } = this.#head!;
    const choices = [{ index: 0, delta, finish_reason }];
    const object = 'chat.completion.chunk';
    this.#emit(
      this.#includeUsage
        ? { id, object, created, model, choices, usage: null }
        : { id, object, created, model, choices },
    );
  }
}

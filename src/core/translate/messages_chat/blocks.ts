import { ProxyError } from '../../errors.ts';
import { sign } from '../signature.ts';
import type { Emit, JsonObject } from '../translation.ts';
import { JsonEnd } from './jsonend.ts';
import { addBack, type Back, type ReasoningSink } from './reasoning.ts';

/** One content block of an answer. */
export interface Block {
  /** What is written next goes on in the last block if its key is the same. */
  readonly key: string;
  /** As `content_block_start` has it. */
  readonly content: JsonObject;
  /** Of a tool call: its arguments. No other block begins before they are complete. */
  readonly end?: JsonEnd;
  /** Of thinking: what its signature says. */
  back?: Back;
  /** Text that waits for its turn. */
  held: string;
  /** All that waits, with what the block begins with. */
  heldChars: number;
  closed: boolean;
}

const TEXT = 'text';
/** Most blocks that wait for a call that does not come to its end: more than any model makes. */
const WAITING_MAX = 2048;

/**
 * The content blocks of one answer, one after the other: only one may be open at a time. An upstream may write several
 * tool calls at once; then the first goes out as it comes, and the others wait until it is complete.
 */
export class Blocks implements ReasoningSink {
  readonly #emit: Emit;
  readonly #model: string;
  readonly #heldCharsMax: number;
  #index = -1;
  #open: Block | undefined;
  readonly #waiting: Block[] = [];
  #heldChars = 0;

  /**
   * @param model that answers
   * @param heldCharsMax most text that may wait
   */
  constructor(emit: Emit, model: string, heldCharsMax: number) {
    this.#emit = emit;
    this.#model = model;
    this.#heldCharsMax = heldCharsMax;
  }

  /** Whether text goes on in the block that is open. */
  get writesText(): boolean {
    return this.#waiting.length === 0 && this.#open?.key === TEXT;
  }

  text(text: string): void {
    const last = this.#last;
    if (last?.key === TEXT) this.write(last, text);
    else
      this.write(
        this.#add({ key: TEXT, content: { type: 'text', text: '' }, held: '', heldChars: 0, closed: false }),
        text,
      );
  }

  thinking(text: string, key: string, back: Back): void {
    let block = this.#last;
    if (block?.key === key) block.back = addBack(block.back!, back);
    else {
      const content = { type: 'thinking', thinking: '', signature: '' };
      block = this.#add({ key, content, back, held: '', heldChars: 0, closed: false });
    }
    if (text !== '') this.write(block, text);
  }

  redacted(back: Back): void {
    const content = { type: 'redacted_thinking', data: sign({ ...back, by: this.#model }) };
    this.#add({ key: '', content, held: '', heldChars: 0, closed: false });
  }

  /** Begins a tool call. Its arguments are written to the block that this gives. */
  call(id: string, name: string): Block {
    const content = { type: 'tool_use', id, name, input: {} };
    return this.#add({ key: '', content, end: new JsonEnd(), held: '', heldChars: 0, closed: false });
  }

  /**
   * What comes for a call that has been closed is behind the end of its arguments, and is left out.
   * @throws ProxyError `upstream_invalid` when too much waits
   */
  write(block: Block, text: string): void {
    if (block.closed) return;
    block.end?.push(text);
    if (block !== this.#open) {
      block.held += text;
      this.#hold(block, text.length);
      return;
    }
    this.#emitDelta(block, text);
    this.#advance();
  }

  /** Nothing more will come. */
  finish(): void {
    while (this.#open !== undefined) this.#next();
  }

  get #last(): Block | undefined {
    return this.#waiting.at(-1) ?? this.#open;
  }

  #add(block: Block): Block {
    this.#waiting.push(block);
    this.#advance();
    if (this.#waiting.length > WAITING_MAX) {
      throw new ProxyError('upstream_invalid', {
        message: `More than ${WAITING_MAX} blocks wait for the end of a tool call.`,
      });
    }
    if (block !== this.#open) this.#hold(block, charsOf(block.content));
    return block;
  }

  #advance(): void {
    while (this.#waiting.length > 0 && this.#open?.end?.complete !== false) this.#next();
  }

  #next(): void {
    if (this.#open !== undefined) this.#stop(this.#open);
    this.#open = this.#waiting.shift();
    if (this.#open !== undefined) this.#start(this.#open);
  }

  #start(block: Block): void {
    this.#index++;
    this.#emit({ type: 'content_block_start', index: this.#index, content_block: block.content });
    this.#heldChars -= block.heldChars;
    if (block.held !== '') this.#emitDelta(block, block.held);
    block.held = '';
  }

  #stop(block: Block): void {
    block.closed = true;
    const index = this.#index;
    if (block.back !== undefined) {
      const delta = { type: 'signature_delta', signature: sign({ ...block.back, by: this.#model }) };
      this.#emit({ type: 'content_block_delta', index, delta });
    }
    this.#emit({ type: 'content_block_stop', index });
  }

  #emitDelta(block: Block, text: string): void {
    this.#emit({ type: 'content_block_delta', index: this.#index, delta: deltaOf(block, text) });
  }

  #hold(block: Block, chars: number): void {
    block.heldChars += chars;
    this.#heldChars += chars;
    if (this.#heldChars > this.#heldCharsMax) {
      throw new ProxyError('upstream_invalid', {
        message: `Several tool calls came at once, and more than ${this.#heldCharsMax} characters of them.`,
      });
    }
  }
}

function charsOf(content: JsonObject): number {
  let chars = 0;
  for (const value of Object.values(content)) if (typeof value === 'string') chars += value.length;
  return chars;
}

function deltaOf({ end, key }: Block, text: string): JsonObject {
  if (end !== undefined) return { type: 'input_json_delta', partial_json: text };
  return key === TEXT ? { type: 'text_delta', text } : { type: 'thinking_delta', thinking: text };
}

import type { Answer } from './answer.ts';
import { CREATED_S } from './dialect.ts';
import { thoughtSignature } from './openai-rules.ts';
import type { Script, Vendor } from './script.ts';

/** Where a vendor's chat completions differ from OpenAI's. */
export interface Accent {
  /** In place of the model's own name. */
  readonly model?: string;
  /** Beside `delta` or `message`. */
  readonly choice?: object;
  /** Beside the content of every delta. */
  readonly delta?: object;
  /** Thinking, in a delta or a message. */
  readonly thought: (text: string) => object;
  /** Beside a tool call in a message, or in the delta that begins it. */
  readonly call: (name: string, index: number) => object;
  /** Usage that is told asked for or not. */
  readonly usageShape?: NonNullable<Script['usageShape']>;
  /** Calls come whole, in one delta without an index. */
  readonly whole?: boolean;
  /** Before the first event, and again before the first content chunk. */
  readonly comment?: string;
  /** A first chunk without choices. */
  readonly emptyFirst?: boolean;
  readonly error?: (message: string) => object;
}

const reasoningContent = (text: string): object => ({ reasoning_content: text });
const nothing = (): object => ({});
const HARMLESS = { filtered: false, severity: 'safe' };
const FILTERS = { hate: HARMLESS, self_harm: HARMLESS, sexual: HARMLESS, violence: HARMLESS };

const ACCENTS: Readonly<Record<Vendor, Accent>> = {
  openai: { thought: reasoningContent, call: nothing },
  /** Does not show what it thinks. https://ai.google.dev/gemini-api/docs/openai */
  gemini: {
    thought: nothing,
    call: (name, index) =>
      index === 0 ? { extra_content: { google: { thought_signature: thoughtSignature(name) } } } : {},
    delta: { role: 'assistant' },
    usageShape: 'every-chunk',
    whole: true,
  },
  /** https://api-docs.deepseek.com/guides/reasoning_model */
  deepseek: {
    thought: (text) => ({ content: null, reasoning_content: text }),
    call: nothing,
    usageShape: 'finish-chunk',
  },
  /** https://docs.x.ai/docs/guides/reasoning */
  xai: { thought: reasoningContent, call: nothing, delta: { role: 'assistant' } },
  /** https://openrouter.ai/docs/api-reference/streaming */
  openrouter: {
    thought: (text) => ({
      reasoning: text,
      reasoning_details: [{ type: 'reasoning.text', text, format: 'unknown', index: 0 }],
    }),
    call: nothing,
    delta: { role: 'assistant' },
    comment: ': OPENROUTER PROCESSING',
    error: (message) => ({
      id: 'gen-simulated',
      object: 'chat.completion.chunk',
      created: CREATED_S,
      model: 'simulated',
      provider: 'Simulator',
      error: { code: 'server_error', message },
      choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }],
    }),
  },
  copilot: {
    model: '',
    choice: {
      content_filter_offsets: { check_offset: 0, start_offset: 0, end_offset: 0 },
      content_filter_results: FILTERS,
    },
    thought: reasoningContent,
    call: nothing,
    usageShape: 'finish-chunk',
    emptyFirst: true,
  },
};

export const accentOf = ({ script }: Answer): Accent => ACCENTS[script.vendor ?? 'openai'];

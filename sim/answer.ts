import { type Counts, tokensOf } from './counts.ts';
import type { Asked } from './dialect.ts';
import type { Script } from './script.ts';

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** `arguments` as JSON, in deltas. */
  readonly pieces: readonly string[];
}

/** What the model says, before it is put into the words of a dialect. */
export interface Answer {
  /** Letters and digits; the same for the same request. */
  readonly id: string;
  readonly model: string;
  readonly asked: Asked;
  readonly script: Script;
  /** In deltas. */
  readonly thinking: readonly string[];
  /** In deltas. */
  readonly text: readonly string[];
  /** In deltas. */
  readonly refusal: readonly string[];
  readonly tools: readonly ToolCall[];
  /** Undefined: usage is not reported. */
  readonly counts: Counts | undefined;
}

const SENTENCE = 'This answer comes from a simulated upstream, word by word, and no model was asked.';
const FILLER = 'The quick brown fox jumps over the lazy dog. ';
const CHUNK_BYTES = 16;
const TOOL_CHUNK_BYTES = 12;

const FAKE_USAGE = {
  prompt_tokens: 999,
  completion_tokens: 999,
  total_tokens: 1998,
  input_tokens: 999,
  output_tokens: 999,
};

/** Text that a careless scanner takes for usage, for an event of its own, and for the end of the stream. */
const LOOKALIKE = `{"usage":${JSON.stringify(FAKE_USAGE)}}\n\ndata: {"choices":[],"usage":${JSON.stringify(
  FAKE_USAGE,
)}}\n\ndata: [DONE]\n\nevent: message_stop\n\n"usage":null `;

export function compose(asked: Asked, script: Script, id: string): Answer {
  const text = textDeltas(script);
  if (script.lookalikes) text.unshift(LOOKALIKE);
  const thinking = words(script.thinking ?? '');
  const tools = (script.tools ?? []).map((tool, index): ToolCall => {
    const args = script.lookalikes ? { ...tool.arguments, usage: FAKE_USAGE } : tool.arguments;
    const json = JSON.stringify(args);
    return {
      id: `${id.slice(0, 20)}${index}`,
      name: tool.name,
      arguments: args,
      pieces: pieces(json, Math.ceil(json.length / TOOL_CHUNK_BYTES)),
    };
  });
  const refusal = words(script.refusal ?? '');
  const said = [text.join('') + refusal.join(''), ...tools.map((tool) => tool.pieces.join(''))];
  const counts = script.usage === false ? undefined : count(asked, script, said, thinking);
  return { id, model: asked.model, asked, script, thinking, text, refusal, tools, counts };
}

export function filler(bytes: number): string {
  return FILLER.repeat(Math.ceil(bytes / FILLER.length)).slice(0, bytes);
}

function textDeltas({ text, chunks, chunkBytes, tools, refusal }: Script): string[] {
  if (text !== undefined) return chunks === undefined ? words(text) : pieces(text, chunks);
  if (chunks === undefined && chunkBytes === undefined) {
    return tools === undefined && refusal === undefined ? words(SENTENCE) : [];
  }
  const deltas = chunks ?? 1;
  return pieces(filler(deltas * (chunkBytes ?? CHUNK_BYTES)), deltas);
}

/** Blanks stay with the word before them. */
function words(text: string): string[] {
  return text.match(/\s*\S+\s*$|\s*\S+\s/g) ?? (text === '' ? [] : [text]);
}

/** Cuts a text into so many parts of about the same length, never inside a character. Parts may be empty. */
function pieces(text: string, parts: number): string[] {
  const characters = Array.from(text);
  return Array.from({ length: parts }, (_, i) =>
    characters
      .slice(Math.floor((i * characters.length) / parts), Math.floor(((i + 1) * characters.length) / parts))
      .join(''),
  );
}

function count(
  asked: Asked,
  { usage }: Script,
  said: readonly string[],
  thinking: readonly string[],
): Counts {
  const given = typeof usage === 'object' ? usage : {};
  const reasoning = given.reasoning ?? tokensOf(thinking.join(''));
  const cacheRead = given.cacheRead ?? 0;
  const cacheWrite = given.cacheWrite ?? 0;
  return {
    // Cached tokens are part of the input, however small it is said to be.
    input: Math.max(given.input ?? tokensOf(asked.texts.join('')), cacheRead + cacheWrite),
    output: given.output ?? said.reduce((sum, part) => sum + tokensOf(part), reasoning),
    cacheRead,
    cacheWrite,
    reasoning,
  };
}

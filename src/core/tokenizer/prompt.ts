import type { Family } from './family.ts';
import { BINARY_TOKENS, imageTokens } from './image.ts';

/** Counts a text in tokens of o200k_base. */
export type CountText = (text: string) => number;

type JsonObject = Readonly<Record<string, unknown>>;

/** Members of a request that the model reads as text. */
const TEXTS: ReadonlySet<string> = new Set(['system', 'instructions', 'messages', 'input', 'prompt']);
/** Members that it reads as they stand. */
const AS_JSON: ReadonlySet<string> = new Set(['tools', 'functions', 'response_format', 'output_config']);
/** Values that the protocol is for, and the model does not read. */
const PROTOCOL: ReadonlySet<string> = new Set([
  'type',
  'role',
  'id',
  'call_id',
  'tool_call_id',
  'tool_use_id',
  'status',
  'detail',
  'cache_control',
  'signature',
  'encrypted_content',
  'media_type',
  'format',
]);
/** What begins the answer. */
const PRIMER_TOKENS = 3;
const DATA_URL = /^data:([^;,]*)[^,]*;base64,/;

/**
 * The input tokens of a request of any of the APIs: its texts, its tools as JSON, an amount for each message, and its
 * images by their size.
 * @param body parsed
 */
export function countPrompt(body: JsonObject, family: Family, countText: CountText): number {
  const read = new Reading();
  for (const [name, value] of Object.entries(body)) {
    if (TEXTS.has(name)) read.value(value);
    else if (AS_JSON.has(name)) read.json(value);
  }
  const turns = messagesOf(body);
  const tools = Array.isArray(body.tools) && body.tools.length > 0 ? family.toolsTokens : 0;
  const primer = turns > 0 ? PRIMER_TOKENS : 0;
  return (
    Math.round(read.count(countText) * family.tokensPerToken) +
    read.tokens +
    turns * family.messageTokens +
    primer +
    tools
  );
}

function messagesOf({ messages, input }: JsonObject): number {
  const list = Array.isArray(messages) ? messages : input;
  return Array.isArray(list) ? list.filter((item) => typeof item === 'object').length : 0;
}

/** What a walk over a request finds. */
class Reading {
  /** Of what is no text. */
  tokens = 0;
  #texts: string[] = [];

  count(countText: CountText): number {
    return countText(this.#texts.join('\n'));
  }

  json(value: unknown): void {
    if (value !== undefined && value !== null) this.#texts.push(JSON.stringify(value));
  }

  value(value: unknown): void {
    if (typeof value === 'string') this.#text(value);
    // An input for embeddings may be tokens already.
    else if (typeof value === 'number') this.tokens++;
    else if (Array.isArray(value)) for (const item of value) this.value(item);
    else if (typeof value === 'object' && value !== null) this.#object(value as JsonObject);
  }

  #object(object: JsonObject): void {
    const { type } = object;
    if (type === 'tool_use' || type === 'server_tool_use') {
      this.#texts.push(String(object.name));
      this.json(object.input);
      return;
    }
    if (type === 'base64') {
      // Anthropic's source of an image or a document.
      this.#binary(String(object.media_type), String(object.data));
      return;
    }
    if (type === 'url' || type === 'input_audio' || type === 'file' || type === 'input_file') {
      this.tokens += BINARY_TOKENS;
      return;
    }
    for (const [name, value] of Object.entries(object)) {
      if (name === 'image_url') this.#image(value);
      else if (!PROTOCOL.has(name)) this.value(value);
    }
  }

  /** OpenAI's: a URL, which may hold the image itself. */
  #image(value: unknown): void {
    const url = typeof value === 'string' ? value : String((value as JsonObject | null)?.url);
    const [start, type] = DATA_URL.exec(url) ?? [];
    if (start === undefined) this.tokens += BINARY_TOKENS;
    else this.#binary(type!, url.slice(start.length));
  }

  #binary(type: string, base64: string): void {
    this.tokens += type.startsWith('image/') ? imageTokens(base64) : BINARY_TOKENS;
  }

  #text(text: string): void {
    if (text !== '') this.#texts.push(text);
  }
}

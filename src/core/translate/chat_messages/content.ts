import { invalidField } from '../../errors.ts';
import { isTooDeep } from '../depth.ts';
import { keepFields } from '../fields.ts';
import { isObject, readArray, readObject, readOptionalString, readString } from '../read.ts';
import type { JsonObject } from '../translation.ts';
import { type Block, isBlank, textBlock } from './blocks.ts';
import { CONTENT_FIELDS } from './fields.ts';

const IMAGE_TYPES: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp']);
/** What the result of a tool may hold. */
const RESULTS: ReadonlySet<string> = new Set(['text', 'image', 'document']);
const PDF = 'application/pdf';
const DATA_URL = /^data:([^;,]*)(?:;[^;,]*)*;base64,/i;

/**
 * The content of a message, without blank texts.
 * @param path of `content` itself
 */
export function readContent(content: unknown, path: string): Block[] {
  if (content === undefined || content === null) return [];
  if (typeof content === 'string') return content.trim() === '' ? [] : [textBlock(content)];
  return readArray(content, path)
    .map((part, i) => readPart(part, `${path}[${i}]`))
    .filter((block) => block !== undefined && !isBlank(block)) as Block[];
}

/** Undefined for what is left out. */
function readPart(value: unknown, path: string): Block | undefined {
  if (typeof value === 'string') return textBlock(value);
  const part = readObject(value, path);
  const fields = keepFields(part, CONTENT_FIELDS, `${path}.`);
  const { cache_control } = fields;
  const marked = cache_control === undefined ? {} : { cache_control };
  switch (part.type) {
    case 'text':
    case 'input_text':
    case 'output_text':
      return { type: 'text', text: readString(part.text, `${path}.text`), ...marked };
    case 'refusal':
      return { type: 'text', text: readString(part.refusal, `${path}.refusal`), ...marked };
    case 'image_url':
    case 'input_image':
      return { type: 'image', source: readImage(part.image_url, `${path}.image_url`), ...marked };
    case 'file':
      return { ...readFile(readObject(part.file, `${path}.file`), `${path}.file`), ...marked };
    case 'input_file':
      return { ...readFile(part, path), ...marked };
    case 'image':
    case 'document':
      readObject(part.source, `${path}.source`);
      return { type: part.type, ...fields };
    case 'tool_use': {
      const id = readString(part.id, `${path}.id`);
      return {
        type: 'tool_use',
        id,
        name: readString(part.name, `${path}.name`),
        input: readInput(part.input),
        ...marked,
      };
    }
    case 'tool_result':
      return readToolResult(part.tool_use_id, part.content, `${path}.tool_use_id`, `${path}.content`, fields);
    case 'thinking':
      return typeof part.signature === 'string' && part.signature !== ''
        ? {
            type: 'thinking',
            thinking: readString(part.thinking, `${path}.thinking`),
            signature: part.signature,
          }
        : undefined;
    case 'redacted_thinking':
      return { type: 'redacted_thinking', data: readString(part.data, `${path}.data`) };
    default:
      throw invalidField(`${path}.type`, 'must name a kind of content that the model takes');
  }
}

/** What a tool gave, for the call of that id. The last parameter holds what else goes into the block. */
export function readToolResult(
  id: unknown,
  content: unknown,
  idPath: string,
  path: string,
  { is_error, cache_control }: JsonObject = {},
): Block {
  const blocks = readContent(content, path);
  const wrong = blocks.find(({ type }) => !RESULTS.has(type));
  if (wrong !== undefined) throw invalidField(path, `must not hold "${wrong.type}" in a result`);
  return {
    type: 'tool_result',
    tool_use_id: readString(id, idPath),
    ...(blocks.length > 0 && { content: blocks }),
    ...(is_error !== undefined && { is_error }),
    ...(cache_control !== undefined && { cache_control }),
  };
}

/** A call's arguments: an object, or the text of one. What is neither is still shown to the model. */
export function readInput(value: unknown): JsonObject {
  if (isObject(value)) return value;
  if (value === undefined || value === null) return {};
  if (typeof value !== 'string') return { arguments: value };
  if (value.trim() === '') return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    parsed = value;
  }
  if (isTooDeep(parsed)) return { arguments: value };
  return isObject(parsed) ? parsed : { arguments: parsed };
}

/** @param value `{url}` as in chat completions, or the URL as in the Responses API */
function readImage(value: unknown, path: string): JsonObject {
  const [url, at] = isObject(value)
    ? [readString(value.url, `${path}.url`), `${path}.url`]
    : [readString(value, path), path];
  if (isWebUrl(url)) return { type: 'url', url };
  const source = dataOf(url);
  if (source === undefined || !IMAGE_TYPES.has(source.media_type)) {
    throw invalidField(at, 'must be an http(s) URL, or a data: URL with a JPEG, PNG, GIF or WebP in base64');
  }
  return { type: 'base64', ...source };
}

/** @param path of the object that has `file_data` */
function readFile(file: JsonObject, path: string): Block {
  keepFields(file, CONTENT_FIELDS, `${path}.`);
  const title = readOptionalString(file.filename, `${path}.filename`);
  const titled = title === undefined || title === '' ? {} : { title };
  const url = readOptionalString(file.file_url, `${path}.file_url`);
  if (url !== undefined) {
    if (!isWebUrl(url)) throw invalidField(`${path}.file_url`, 'must be an http(s) URL');
    return { type: 'document', source: { type: 'url', url }, ...titled };
  }
  const text = readString(file.file_data, `${path}.file_data`);
  // Some clients send the base64 alone.
  const source = dataOf(text) ?? (text.startsWith('data:') ? undefined : { media_type: PDF, data: text });
  if (source?.media_type !== PDF) throw invalidField(`${path}.file_data`, 'must hold a PDF in base64');
  return { type: 'document', source: { type: 'base64', ...source }, ...titled };
}

const isWebUrl = (url: string): boolean => /^https?:\/\//i.test(url);

function dataOf(url: string): { readonly media_type: string; readonly data: string } | undefined {
  const match = DATA_URL.exec(url.slice(0, 256));
  if (match === null) return undefined;
  const type = match[1]!.toLowerCase();
  return { media_type: type === 'image/jpg' ? 'image/jpeg' : type, data: url.slice(match[0].length) };
}

import { invalidField } from '../../errors.ts';
import { keepFields } from '../fields.ts';
import { isObject, readArray, readObject, readString } from '../read.ts';
import type { JsonObject } from '../translation.ts';
import { PART_FIELDS, PARTS } from './fields.ts';
import { goesOn } from './types.ts';

/** A part of a message's content in chat completions. */
export type Part = JsonObject & { readonly type: 'text' | 'image_url' | 'file' | 'input_audio' };

/** @param content a string or a list of parts @throws ProxyError `invalid_field` */
export function readParts(content: unknown, path: string): readonly Part[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return readArray(content, path).map((part, i) => readPart(part, `${path}[${i}]`));
}

function readPart(value: unknown, path: string): Part {
  const part = readObject(value, path);
  goesOn(part.type, PARTS, path);
  keepFields(part, PART_FIELDS, `${path}.`);
  switch (part.type) {
    case 'refusal':
      return { type: 'text', text: readString(part.refusal, `${path}.refusal`) };
    case 'input_image':
      return { type: 'image_url', image_url: readImage(part, path) };
    case 'input_file': {
      const file_data = readString(part.file_data, `${path}.file_data`);
      return { type: 'file', file: { ...(isText(part.filename) && { filename: part.filename }), file_data } };
    }
    case 'input_audio':
      return { type: 'input_audio', input_audio: readObject(part.input_audio, `${path}.input_audio`) };
    default:
      return { type: 'text', text: readString(part.text, `${path}.text`) };
  }
}

function readImage({ image_url, detail }: JsonObject, path: string): JsonObject {
  const url = isObject(image_url) ? image_url.url : image_url;
  if (!isText(url)) throw invalidField(`${path}.image_url`, 'must be a URL or a data URL');
  return { url, ...(isText(detail) && { detail: detail === 'original' ? 'high' : detail }) };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

export function isTextPart({ type }: Part): boolean {
  return type === 'text';
}

/** The text of these parts. @param between two of them */
export function joinText(parts: readonly Part[], between: string): string {
  return parts
    .filter(isTextPart)
    .map(({ text }) => text)
    .join(between);
}

/** As short as it can be said: many servers know content of text only as a string. */
export function contentOf(parts: readonly Part[]): string | readonly Part[] {
  return parts.length === 1 && isTextPart(parts[0]!) ? (parts[0]!.text as string) : parts;
}

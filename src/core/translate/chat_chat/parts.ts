import { invalidField } from '../../errors.ts';
import { isObject, readObject, readString } from '../read.ts';
import type { JsonObject } from '../translation.ts';

const NO_URL = 'cannot be served by the model that was chosen: send the data';

/** A text, in a part that says nothing else. */
export const textPart = (text: string): JsonObject => ({ type: 'text', text });

/** Whether it is one. */
export const isText = (part: JsonObject): boolean => part.type === 'text' && typeof part.text === 'string';

/**
 * One part of a message as chat completions have it, whoever's it is; what is proper, or not known, stays as it is.
 * Undefined for what has no place.
 * @throws ProxyError `invalid_field`
 */
export function properPart(value: unknown, path: string): JsonObject | undefined {
  if (typeof value === 'string') return textPart(value);
  const { cache_control: _, ...part } = readObject(value, path);
  switch (part.type) {
    case 'input_text':
    case 'output_text':
      return textPart(readString(part.text, `${path}.text`));
    case 'image_url':
      return isObject(part.image_url) ? part : { ...part, image_url: { url: part.image_url } };
    case 'input_image':
      return { type: 'image_url', image_url: inputImage(part, path) };
    case 'input_file':
      return { type: 'file', file: inputFile(part, path) };
    case 'image':
      return {
        type: 'image_url',
        image_url: { url: urlOf(readObject(part.source, `${path}.source`), path) },
      };
    case 'document':
      return documentPart(part, path);
    case 'thinking':
    case 'redacted_thinking':
      return undefined;
    default:
      return part;
  }
}

function inputImage({ image_url, detail }: JsonObject, path: string): JsonObject {
  const url = isObject(image_url) ? image_url.url : image_url;
  return { url: readString(url, `${path}.image_url`), ...(detail !== undefined && { detail }) };
}

function inputFile({ file_data, file_id, filename, file_url }: JsonObject, path: string): JsonObject {
  if (file_url !== undefined && file_url !== null) throw invalidField(`${path}.file_url`, NO_URL);
  return Object.fromEntries(
    Object.entries({ file_data, file_id, filename }).filter(([, value]) => value !== undefined),
  );
}

/** @param path of the block */
function urlOf(source: JsonObject, path: string): string {
  if (source.type === 'url') return readString(source.url, `${path}.source.url`);
  if (source.type !== 'base64') throw invalidField(`${path}.source.type`, 'must be "base64" or "url"');
  const type = readString(source.media_type, `${path}.source.media_type`);
  return `data:${type};base64,${readString(source.data, `${path}.source.data`)}`;
}

function documentPart({ source: given, title }: JsonObject, path: string): JsonObject {
  const source = readObject(given, `${path}.source`);
  const named = typeof title === 'string' && title !== '';
  if (source.type === 'text') {
    const text = readString(source.data, `${path}.source.data`);
    return textPart(named ? `${title}\n\n${text}` : text);
  }
  if (source.type !== 'base64') throw invalidField(`${path}.source.type`, NO_URL);
  return { type: 'file', file: { filename: named ? title : 'document.pdf', file_data: urlOf(source, path) } };
}

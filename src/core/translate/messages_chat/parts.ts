import { invalidField } from '../../errors.ts';
import { readObject, readOptionalString, readString } from '../read.ts';
import type { JsonObject } from '../translation.ts';
import { type Placed, readBlocks, unfit } from './turns.ts';

/** Between texts that become one. */
export const GAP = '\n\n';

/**
 * A block that may stand in a user's message or in a tool's result, as parts of OpenAI's.
 * @param of for the error: `a user message`
 * @throws ProxyError `invalid_field`
 */
export function partsOf(placed: Placed, of: string): JsonObject[] {
  const { block, type, path } = placed;
  switch (type) {
    case 'text':
      return textParts(readString(block.text, `${path}.text`));
    case 'compaction':
      return textParts(readOptionalString(block.content, `${path}.content`) ?? '');
    case 'image':
      return [imagePart(readObject(block.source, `${path}.source`), `${path}.source`)];
    case 'document':
      return documentParts(block, path, of);
    case 'search_result':
      return textParts(searchResult(block, path));
    case 'tool_reference':
      return textParts(`The tool ${readString(block.tool_name, `${path}.tool_name`)} is there.`);
    default:
      throw unfit(placed, of);
  }
}

const textParts = (text: string): JsonObject[] => (text === '' ? [] : [{ type: 'text', text }]);

/** The parts that are text, as one. */
export function joinText(parts: readonly JsonObject[]): string {
  return parts
    .filter(({ type }) => type === 'text')
    .map(({ text }) => text)
    .join(GAP);
}

function imagePart(source: JsonObject, path: string): JsonObject {
  switch (source.type) {
    case 'base64':
      return { type: 'image_url', image_url: { url: dataUrl(source, path) } };
    case 'url':
      return { type: 'image_url', image_url: { url: readString(source.url, `${path}.url`) } };
    default:
      throw invalidField(`${path}.type`, 'must be "base64" or "url" for the model that was chosen');
  }
}

function dataUrl({ media_type: type, data }: JsonObject, path: string): string {
  return `data:${readString(type, `${path}.media_type`)};base64,${readString(data, `${path}.data`)}`;
}

function documentParts(block: JsonObject, path: string, of: string): JsonObject[] {
  const source = readObject(block.source, `${path}.source`);
  const title = readOptionalString(block.title, `${path}.title`);
  const context = readOptionalString(block.context, `${path}.context`);
  const at = `${path}.source`;
  switch (source.type) {
    case 'base64': {
      const file = { filename: title || 'document.pdf', file_data: dataUrl(source, at) };
      return [...textParts(context ?? ''), { type: 'file', file }];
    }
    case 'text':
      return textParts(join(title, context, readString(source.data, `${at}.data`)));
    case 'content': {
      const inner = readBlocks(source.content, `${at}.content`);
      return [...textParts(join(title, context)), ...inner.flatMap((placed) => partsOf(placed, of))];
    }
    default:
      throw invalidField(`${at}.type`, 'must be "base64", "text" or "content" for the model that was chosen');
  }
}

function searchResult({ title, source, content }: JsonObject, path: string): string {
  const texts = readBlocks(content, `${path}.content`).map(({ block, path: at }) =>
    readString(block.text, `${at}.text`),
  );
  return join(readString(title, `${path}.title`), readString(source, `${path}.source`), ...texts);
}

const join = (...texts: readonly (string | undefined)[]): string => texts.filter(Boolean).join(GAP);

import { ProxyError } from '../errors.ts';
import type { JsonObject } from './translation.ts';

/** Some upstreams report errors under status 200. */
export const isError = ({ type, error }: JsonObject): boolean =>
  type === 'error' || (error !== undefined && error !== null);

/** Whether a document is a chat completion or a message, however odd: others say nothing, and say so under status 200. */
export const holdsAnswer = ({ choices, content }: JsonObject): boolean =>
  (Array.isArray(choices) && choices.length > 0) || Array.isArray(content);

/** @param what for the log: `The answer` @throws ProxyError `upstream_invalid` */
export function parseAnswer(text: string, what: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ProxyError('upstream_invalid', { message: `${what} is not valid JSON.`, cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ProxyError('upstream_invalid', { message: `${what} is not a JSON object.` });
  }
  return value as JsonObject;
}

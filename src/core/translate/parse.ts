import { ProxyError } from '../errors.ts';
import type { JsonObject } from './translation.ts';

/** Some upstreams report errors under status 200. */
export const isError = ({ type, error }: JsonObject): boolean =>
  type === 'error' || (error !== undefined && error !== null);

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

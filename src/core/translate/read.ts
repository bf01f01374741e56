import { invalidField } from '../errors.ts';
import type { JsonObject } from './translation.ts';

/* Readers for parts of a client's request: they give the value with its type, or a 400 that names the field. */

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param path for the error: `messages[0].content` @throws ProxyError `invalid_field` */
export function readObject(value: unknown, path: string): JsonObject {
  if (!isObject(value)) throw invalidField(path, 'must be an object');
  return value;
}

/** @throws ProxyError `invalid_field` */
export function readArray(value: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalidField(path, 'must be an array');
  return value;
}

/** @throws ProxyError `invalid_field` */
export function readString(value: unknown, path: string): string {
  if (typeof value !== 'string') throw invalidField(path, 'must be a string');
  return value;
}

/** Undefined for a field that is absent or null. @throws ProxyError `invalid_field` */
export function readOptionalString(value: unknown, path: string): string | undefined {
  return value === undefined || value === null ? undefined : readString(value, path);
}

/** @throws ProxyError `invalid_field` */
export function readNumber(value: unknown, path: string): number {
  if (typeof value !== 'number') throw invalidField(path, 'must be a number');
  return value;
}

/* Readers for parts of an upstream's answer: what has an unexpected type is as good as absent. */

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function listOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

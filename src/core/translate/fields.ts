import { isDeepStrictEqual } from 'node:util';
import { invalidField } from '../errors.ts';
import type { JsonObject } from './translation.ts';

/**
 * What becomes of one field of a request. `kept`: it goes on as it is, under the same name or the one in `to`.
 * `translated`: it becomes something else. `dropped`: the answer is as good without it. `refused`: the answer would not
 * be what the client asked for.
 */
export interface Field {
  readonly fate: 'kept' | 'translated' | 'dropped' | 'refused';
  /** The upstream's name for a field that is kept. */
  readonly to?: string;
  /** What it becomes, or why it does not go on. For docs/dialects.md. */
  readonly note: string;
  /** Values of a refused field that ask for nothing. */
  readonly unless?: readonly unknown[];
}

/** By name. Fields that are not in the table are dropped: upstreams refuse what they do not know. */
export type Fields = Readonly<Record<string, Field>>;

/** A table of docs/dialects.md; a test holds each row to what the translation does. */
export interface FieldTable {
  /** Where the fields stand: `request`, `messages[]`, … */
  readonly of: string;
  readonly fields: Fields;
}

export const kept = (note = '', to?: string): Field =>
  to === undefined ? { fate: 'kept', note } : { fate: 'kept', note, to };
export const translated = (note: string): Field => ({ fate: 'translated', note });
export const dropped = (note: string): Field => ({ fate: 'dropped', note });
export const refused = (note: string, ...unless: readonly unknown[]): Field => ({
  fate: 'refused',
  note,
  unless,
});

/**
 * The kept fields of an object, under the upstream's names.
 * @param path of the object, with a dot behind it, or '' for the request itself
 * @throws ProxyError `invalid_field` for a refused field that asks for something
 */
export function keepFields(object: JsonObject, fields: Fields, path = ''): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(object)) {
    const field = Object.hasOwn(fields, name) ? fields[name]! : undefined;
    if (field === undefined || value === null || value === undefined) continue;
    if (field.fate === 'kept') out[field.to ?? name] = value;
    else if (
      field.fate === 'refused' &&
      !field.unless!.some((harmless) => isDeepStrictEqual(value, harmless))
    ) {
      throw invalidField(path + name, `cannot be served by the model that was chosen: ${field.note}`);
    }
  }
  return out;
}

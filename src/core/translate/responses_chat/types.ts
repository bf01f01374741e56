import { invalidField } from '../../errors.ts';
import type { Fields } from '../fields.ts';

/**
 * Whether something of this type goes on.
 * @param path of what has the type
 * @throws ProxyError `invalid_field` for a type that is refused or not known
 */
export function goesOn(type: unknown, types: Fields, path: string): boolean {
  const field = typeof type === 'string' && Object.hasOwn(types, type) ? types[type] : undefined;
  if (field === undefined) {
    const known = Object.entries(types).filter(([, { fate }]) => fate === 'translated');
    throw invalidField(`${path}.type`, `must be one of ${known.map(([name]) => `"${name}"`).join(', ')}`);
  }
  if (field.fate === 'refused') {
    throw invalidField(path, `cannot be served by the model that was chosen ("${type}"): ${field.note}`);
  }
  return field.fate !== 'dropped';
}

import { isObject, textOf } from '../read.ts';
import type { JsonObject } from '../translation.ts';

/** Names the dialect or the schema itself, and constrains nothing. */
const SILENT: ReadonlySet<string> = new Set(['$schema', '$id', '$comment']);
const DEFINITIONS = ['$defs', 'definitions'];
/** By what a schema may be one of several; the first that it has goes on, under the second name. */
const COMBINED = [
  ['anyOf', 'anyOf'],
  ['oneOf', 'anyOf'],
  ['allOf', 'allOf'],
] as const;
const FORMATS: ReadonlySet<unknown> = new Set([
  ...['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid'],
]);

/**
 * A JSON schema in the part of the language that Anthropic's structured outputs take. As in Anthropic's own SDKs, what is
 * not in it is told to the model in the description of what it constrains, and objects have no properties but those that
 * are named. It does not go deeper than the schema, whose depth is limited with the request's.
 * @see https://platform.claude.com/docs/en/build-with-claude/structured-outputs
 */
export function reduceSchema(schema: JsonObject): JsonObject {
  const left = new Map(Object.entries(schema));
  const take = (name: string): unknown => {
    const value = left.get(name);
    left.delete(name);
    return value;
  };
  const out: Record<string, unknown> = {};
  for (const name of DEFINITIONS)
    if (isObject(left.get(name))) out[name] = reduceEach(take(name) as JsonObject);
  if (typeof left.get('$ref') === 'string') return { ...out, $ref: left.get('$ref') };
  for (const name of SILENT) left.delete(name);

  const type = take('type') ?? guessType(left);
  const types = Array.isArray(type) ? type : [type];
  if (isLiterals(left.get('enum'))) out.enum = take('enum');
  if (left.has('const') && !isDeep(left.get('const'))) out.const = take('const');
  const combined = COMBINED.find(([name]) => Array.isArray(left.get(name)));
  if (combined !== undefined) {
    const [name, to] = combined;
    out[to] = (take(name) as readonly unknown[]).map(reduce);
  } else if (type !== undefined && !('enum' in out || 'const' in out)) out.type = type;

  for (const name of ['description', 'title']) if (left.has(name)) out[name] = take(name);
  if (types.includes('object')) {
    const properties = take('properties');
    out.properties = isObject(properties) ? reduceEach(properties) : {};
    // Whether others are allowed is told where it says how they look: the model may then find a place for them.
    if (!isObject(left.get('additionalProperties'))) left.delete('additionalProperties');
    out.additionalProperties = false;
    if (left.has('required')) out.required = take('required');
  }
  if (types.includes('array')) {
    if (left.has('items')) out.items = reduce(take('items'));
    if (left.get('minItems') === 0 || left.get('minItems') === 1) out.minItems = take('minItems');
  }
  if (types.includes('string') && FORMATS.has(left.get('format'))) out.format = take('format');
  return left.size === 0 ? out : { ...out, description: describe(textOf(out.description), left) };
}

const reduce = (value: unknown): unknown => (isObject(value) ? reduceSchema(value) : value);

const reduceEach = (schemas: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, reduce(schema)]));

const isDeep = (value: unknown): boolean => typeof value === 'object' && value !== null;

const isLiterals = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && !value.some(isDeep);

function guessType(schema: ReadonlyMap<string, unknown>): string | undefined {
  if (schema.has('properties')) return 'object';
  return schema.has('items') ? 'array' : undefined;
}

function describe(description: string, constraints: ReadonlyMap<string, unknown>): string {
  const list = [...constraints].map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(', ');
  return description === '' ? `{${list}}` : `${description}\n\n{${list}}`;
}

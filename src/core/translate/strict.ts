import { isObject } from './read.ts';
import type { JsonObject } from './translation.ts';

/*
 * The part of JSON Schema that OpenAI takes with `strict: true`. It refuses the whole request for anything else, so what
 * is in doubt is not strict: without it, the model is told the schema all the same.
 * https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
 */

const PROPERTIES_MAX = 5000;
const ENUM_VALUES_MAX = 1000;
const LEVELS_MAX = 10;

const KEYWORDS: ReadonlySet<string> = new Set([
  ...['type', 'title', 'description', 'enum', 'const', 'anyOf', '$defs', 'definitions'],
  ...['properties', 'required', 'additionalProperties'],
  ...['items', 'minItems', 'maxItems'],
  ...['pattern', 'format'],
  ...['multipleOf', 'minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'],
]);
const FORMATS: ReadonlySet<unknown> = new Set([
  ...['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uuid'],
]);

/** Whether OpenAI takes a schema as strict. It is that of an object, and no choice between several. */
export function isStrict(schema: JsonObject): boolean {
  return schema.type === 'object' && schema.anyOf === undefined && new StrictSchema().takes(schema, 0);
}

/** Counts what the limits are for. */
class StrictSchema {
  #properties = 0;
  #values = 0;

  takes(schema: unknown, level: number): boolean {
    if (!isObject(schema) || level > LEVELS_MAX) return false;
    const { $ref, type, anyOf, format } = schema;
    if ($ref !== undefined) {
      return typeof $ref === 'string' && $ref.startsWith('#') && Object.keys(schema).length === 1;
    }
    if (type === undefined && anyOf === undefined) return false;
    if (Object.keys(schema).some((name) => !KEYWORDS.has(name))) return false;
    if (format !== undefined && !FORMATS.has(format)) return false;
    return this.#takesValues(schema) && this.#takesParts(schema, level);
  }

  #takesValues({ enum: values }: JsonObject): boolean {
    if (values === undefined) return true;
    if (!Array.isArray(values)) return false;
    this.#values += values.length;
    return this.#values <= ENUM_VALUES_MAX;
  }

  #takesParts(schema: JsonObject, level: number): boolean {
    const { type, anyOf, items, properties, $defs, definitions } = schema;
    const types: readonly unknown[] = Array.isArray(type) ? type : [type];
    if ((types.includes('object') || properties !== undefined) && !this.#takesObject(schema, level)) {
      return false;
    }
    if ((types.includes('array') || items !== undefined) && !this.takes(items, level + 1)) return false;
    if (
      anyOf !== undefined &&
      !(Array.isArray(anyOf) && anyOf.length > 0 && anyOf.every((one) => this.takes(one, level)))
    ) {
      return false;
    }
    return [$defs, definitions].every((defs) => defs === undefined || this.#takesAll(defs, 0));
  }

  #takesObject({ properties, required, additionalProperties }: JsonObject, level: number): boolean {
    if (additionalProperties !== false || !isObject(properties)) return false;
    const names = Object.keys(properties);
    this.#properties += names.length;
    if (this.#properties > PROPERTIES_MAX) return false;
    const demanded = new Set<unknown>(Array.isArray(required) ? required : []);
    return (
      demanded.size === names.length &&
      names.every((name) => demanded.has(name)) &&
      this.#takesAll(properties, level + 1)
    );
  }

  #takesAll(schemas: unknown, level: number): boolean {
    return isObject(schemas) && Object.values(schemas).every((schema) => this.takes(schema, level));
  }
}

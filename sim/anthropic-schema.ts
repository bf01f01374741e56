import { Refusal } from './dialect.ts';

/* Schemas that constrain what the model writes: https://platform.claude.com/docs/en/build-with-claude/structured-outputs */

const UNSUPPORTED = [
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  ...['minLength', 'maxLength', 'maxItems', 'uniqueItems', 'minProperties', 'maxProperties'],
  ...['patternProperties', 'oneOf', 'not', 'if'],
];

type Schema = Readonly<Record<string, unknown>>;

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @param where the schema stands: `output_config.format.schema` @throws {Refusal} */
export function judgeSchema(schema: unknown, where: string): void {
  if (!isSchema(schema)) return;
  const type = String(schema.type);
  const strange = UNSUPPORTED.find((name) => name in schema);
  if (strange !== undefined) refuse(where, `For '${type}' type, property '${strange}' is not supported`);
  if (type === 'object' && schema.additionalProperties !== false) {
    refuse(where, "For 'object' type, 'additionalProperties' must be explicitly set to false");
  }
  if (typeof schema.minItems === 'number' && schema.minItems > 1) {
    refuse(where, "For 'array' type, 'minItems' values other than 0 or 1 are not supported");
  }
  const { items, anyOf, allOf } = schema;
  const maps = [schema.properties, schema.$defs, schema.definitions].filter(isSchema);
  const inner = [items, ...[anyOf, allOf].flat(), ...maps.flatMap((map) => Object.values(map))];
  for (const each of inner) judgeSchema(each, where);
}

function refuse(where: string, message: string): never {
  throw new Refusal(400, `${where}: ${message}`);
}

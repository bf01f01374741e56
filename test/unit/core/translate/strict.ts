// Schemas that OpenAI takes with `strict: true`. It refuses requests with any other, so doubt means no.
import t from 'tap';
import { isStrict } from '../../../../src/core/translate/strict.ts';
import type { JsonObject } from '../../../../src/core/translate/translation.ts';

const STRING = { type: 'string' };
const object = (properties: JsonObject, more: JsonObject = {}): JsonObject => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
  ...more,
});
const of = (a: unknown): JsonObject => object({ a });

const STRICT: readonly JsonObject[] = [
  object({}),
  object({ a: STRING, b: { type: ['integer', 'null'], minimum: 0, description: 'How many' } }),
  of({ type: 'array', items: of(STRING), minItems: 1 }),
  of({ type: 'string', enum: ['x', 'y'] }),
  of({ type: 'string', format: 'date', pattern: '^2' }),
  of({ anyOf: [STRING, { type: 'null' }] }),
  object({ a: { $ref: '#/$defs/a' }, b: { $ref: '#' } }, { $defs: { a: of({ $ref: '#/$defs/a' }) } }),
  of({ type: ['object', 'null'], properties: {}, required: [], additionalProperties: false }),
  object({ default: STRING, allOf: STRING }),
];

const LOOSE: Readonly<Record<string, JsonObject>> = {
  'an optional property': object({ a: STRING }, { required: [] }),
  'a name that is demanded but not told': object({ a: STRING }, { required: ['a', 'b'] }),
  'others are allowed': object({ a: STRING }, { additionalProperties: true }),
  'nothing about others': object({ a: STRING }, { additionalProperties: undefined }),
  'no properties': { type: 'object', additionalProperties: false },
  'no object at the root': { type: 'array', items: STRING },
  'a choice at the root': object({}, { anyOf: [object({})] }),
  'no type': of({}),
  'an enum without a type': of({ enum: ['x'] }),
  'anything goes': of(true),
  'an array of anything': of({ type: 'array' }),
  'an object in a choice': of({ anyOf: [{ type: 'object', properties: {} }] }),
  'an empty choice': of({ anyOf: [] }),
  'a definition that is not strict': object({ a: { $ref: '#/$defs/a' } }, { $defs: { a: {} } }),
  'more beside a reference': of({ $ref: '#/$defs/a', description: 'x' }),
  'a reference elsewhere': of({ $ref: 'https://example.com/schema' }),
  'an unknown format': of({ type: 'string', format: 'uri' }),
  ...Object.fromEntries(
    Object.entries({
      allOf: [STRING],
      oneOf: [STRING],
      not: STRING,
      if: STRING,
      default: 'x',
      examples: ['x'],
      minLength: 1,
      uniqueItems: true,
      patternProperties: {},
      dependentRequired: {},
      $schema: 'x',
    }).map(([name, value]) => [name, of({ ...STRING, [name]: value })]),
  ),
  'more than 5,000 properties': object(
    Object.fromEntries(Array.from({ length: 5001 }, (_, i) => [`k${i}`, STRING])),
  ),
  'more than 1,000 values': of({ ...STRING, enum: Array.from({ length: 1001 }, (_, i) => `${i}`) }),
  'more than 10 levels': Array.from({ length: 11 }).reduce<JsonObject>((inner) => of(inner), object({})),
};

t.test('strict', async (t) => {
  for (const schema of STRICT) t.equal(isStrict(schema), true, JSON.stringify(schema));
});

for (const [what, schema] of Object.entries(LOOSE)) {
  t.test(`not strict: ${what}`, async (t) => {
    t.equal(isStrict(schema), false);
  });
}

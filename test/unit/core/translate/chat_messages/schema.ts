// Schemas as Anthropic's structured outputs take them: compared with what Anthropic's own SDK makes of the same.
import { transformJSONSchema } from '@anthropic-ai/sdk/lib/transform-json-schema';
import t from 'tap';
import { reduceSchema } from '../../../../../src/core/translate/chat_messages/schema.ts';
import type { JsonObject } from '../../../../../src/core/translate/translation.ts';
import { translate } from './fixtures/translate.ts';

const closed = (properties: JsonObject, more: JsonObject = {}) => ({
  ...{ type: 'object', properties, additionalProperties: false, ...more },
});
const ofProperty = (schema: JsonObject): unknown =>
  (reduceSchema({ type: 'object', properties: { a: schema } }).properties as JsonObject).a;

const SCHEMAS: Readonly<Record<string, JsonObject>> = {
  numbers: { type: 'integer', minimum: 1, exclusiveMaximum: 9, multipleOf: 2, description: 'How many' },
  strings: { type: 'string', minLength: 1, maxLength: 5, pattern: '^a', format: 'email' },
  'a format that is not known': { type: 'string', format: 'regex' },
  arrays: {
    type: 'array',
    items: { type: 'number', maximum: 3 },
    minItems: 1,
    maxItems: 4,
    uniqueItems: true,
  },
  'more items than one': { type: 'array', items: { type: 'string' }, minItems: 2 },
  objects: { type: 'object', properties: { b: { type: 'string' } }, required: ['b'], minProperties: 1 },
  'an object that is open': { type: 'object', properties: {}, additionalProperties: true },
  literals: { enum: ['a', 1, null, true] },
  'a constant': { const: 'a', title: 'A' },
  'literals that are deep': { type: 'string', enum: [{ a: 1 }] },
  anyOf: { anyOf: [{ type: 'object', properties: {} }, { type: 'null' }] },
  oneOf: { oneOf: [{ type: 'integer', minimum: 1 }, { type: 'string' }], default: 7 },
  allOf: { allOf: [{ $ref: '#/$defs/a' }] },
  'a reference': { $ref: '#/$defs/a', description: 'x' },
  definitions: { $ref: '#/$defs/a', $defs: { a: { type: 'object', properties: { c: { type: 'array' } } } } },
  'the dialect': { $schema: 'https://json-schema.org/draft/2020-12/schema', type: 'string' },
  'a description': { type: 'string', description: 'A', maxLength: 1, examples: ['x'] },
};

for (const [name, schema] of Object.entries(SCHEMAS)) {
  t.test(name, async (t) => {
    t.same(reduceSchema(schema), transformJSONSchema(schema));
    t.same(ofProperty(schema), transformJSONSchema(schema), 'and inside');
  });
}

t.test('what the SDK does not take', async (t) => {
  const names = { type: ['object', 'null'], properties: { b: { type: ['string', 'null'] } } };
  t.same(reduceSchema(names), { ...closed({ b: { type: ['string', 'null'] } }), type: ['object', 'null'] });
  t.same(reduceSchema({ properties: {} }), closed({}), 'no type');
  t.same(reduceSchema({}), {});
  t.same(ofProperty({ items: true }), { type: 'array', items: true });
  const map = { type: 'object', additionalProperties: { type: 'string' } };
  t.match(reduceSchema(map), { ...closed({}), description: '{additionalProperties: {"type":"string"}}' });
  const old = { $ref: '#/definitions/a', definitions: { a: { type: 'object', properties: {} } } };
  t.same(reduceSchema(old), { ...old, definitions: { a: closed({}) } });
  const both = { anyOf: [{ type: 'string' }], oneOf: [{ type: 'string' }] };
  t.match(reduceSchema(both), { anyOf: both.anyOf, description: /^\{oneOf: / }, 'one of them is told');
});

t.test('properties may be called anything', async (t) => {
  const properties = JSON.parse('{"__proto__":{"type":"string"},"minimum":{"type":"string"}}') as JsonObject;
  t.equal(
    JSON.stringify(reduceSchema({ type: 'object', properties }).properties),
    JSON.stringify(properties),
  );
});

t.test('the schema of the client stays as it is', async (t) => {
  const schema = { type: 'object', properties: { a: { type: 'integer', minimum: 1 } } };
  const before = JSON.stringify(schema);
  reduceSchema(schema);
  t.equal(JSON.stringify(schema), before);
});

t.test('where schemas are enforced', async (t) => {
  const schema = { type: 'object', properties: { a: { type: 'integer', minimum: 1 } } };
  const reduced = closed({ a: { type: 'integer', description: '{minimum: 1}' } });
  const format = { type: 'json_schema', json_schema: { name: 'a', schema } };
  const config = { format: { type: 'json_schema', schema: reduced } };
  t.same(translate({ response_format: format }).output_config, config);
  t.same(translate({ output_config: { format: { type: 'json_schema', schema } } }).output_config, config);
  const tool = (strict: boolean) => translate({ tools: [{ name: 'f', parameters: schema, strict }] }).tools;
  t.match(tool(true), [{ input_schema: reduced }]);
  t.same(tool(false), [{ name: 'f', strict: false, input_schema: schema }]);
});

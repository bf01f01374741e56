// Requests that are deep or have very many of something: they are translated, in linear time and without deep stacks.
import t from 'tap';
import { isTooDeep } from '../../../../../src/core/translate/depth.ts';
import type { JsonObject } from '../../../../../src/core/translate/translation.ts';
import { translate } from './fixtures/translate.ts';

const MANY = 100_000;
const USER = { role: 'user', content: 'Hi' };
const many = <T>(make: (i: number) => T): T[] => Array.from({ length: MANY }, (_, i) => make(i));
const nested = (depth: number) => '{"a":'.repeat(depth) + 1 + '}'.repeat(depth);
const called = (text: string) => ({ id: 'a', type: 'function', function: { name: 'f', arguments: text } });

t.test('depth', async (t) => {
  t.equal(isTooDeep(JSON.parse(nested(128))), false);
  t.equal(isTooDeep(JSON.parse(nested(129))), true);
  t.equal(isTooDeep(JSON.parse(`[${'[],'.repeat(500)}[]]`)), false, 'side by side');
});

t.test('arguments that are nested too deep are shown as text', async (t) => {
  const input = (text: string): unknown =>
    translate({ messages: [USER, { role: 'assistant', tool_calls: [called(text)] }] }).messages[1]!
      .content[0]!.input;
  for (const depth of [129, 20_000]) t.same(input(nested(depth)), { arguments: nested(depth) });
  t.same(input(nested(128)), JSON.parse(nested(128)));
  t.ok(JSON.stringify(input(`{"a":${'['.repeat(1e6)}${']'.repeat(1e6)}}`)), 'it can be written');
});

t.test('messages', async (t) => {
  const messages = many((i) => ({ role: i % 2 === 0 ? 'user' : 'assistant', content: 'a' }));
  t.equal(translate({ messages }).messages.length, MANY);
  t.equal(translate({ messages: many(() => USER) }).messages[0]!.content.length, MANY);
  t.equal(translate({ messages: [], input: messages }).messages.length, MANY);
  t.equal(translate({ messages, input: messages }).messages.length, MANY, 'said twice');
  const system = many(() => ({ role: 'system', content: 'a' }));
  t.equal(translate({ messages: [...system, USER] }).system!.length, MANY);
});

t.test('parts', async (t) => {
  const content = many(() => ({ type: 'text', text: 'a' }));
  for (const role of ['user', 'assistant'])
    t.equal(
      translate({ messages: [USER, { role, content }, USER] }).messages.flatMap((m) => m.content).length,
      MANY + 2,
    );
});

t.test('calls and their results', async (t) => {
  for (const id of [(i: number) => `c${i}`, (i: number) => `a${'_2'.repeat(i % 50)}`]) {
    const tool_calls = many((i) => ({ ...called('{}'), id: id(i) }));
    const results = many((i) => ({ role: 'tool', tool_call_id: id(i), content: 'r' }));
    const { messages } = translate({ messages: [USER, { role: 'assistant', tool_calls }, ...results] });
    t.same(
      messages.map(({ content }) => content.length),
      [1, MANY, MANY],
    );
    t.equal(new Set(messages[1]!.content.map((block) => block.id)).size, MANY);
  }
  const items = many((i): readonly JsonObject[] => [
    { type: 'function_call', call_id: `c${i}`, name: 'f', arguments: '{}' },
    { type: 'function_call_output', call_id: `c${i}`, output: 'r' },
  ]).flat();
  t.equal(translate({ messages: [USER], input: items }).messages.length, 2 * MANY + 1);
});

t.test('reasoning', async (t) => {
  const reasoning_details = many((i) => ({ type: 'reasoning.text', text: 'a', signature: 's', index: i }));
  const said = { role: 'assistant', content: 'b', reasoning_details };
  t.equal(translate({ messages: [USER, said, USER] }).messages[1]!.content.length, MANY + 1);
});

t.test('tools', async (t) => {
  const tools = many((i) => ({ type: 'function', function: { name: `f${i}` } }));
  const tool_choice = { type: 'allowed_tools', allowed_tools: { mode: 'auto', tools } };
  t.equal((translate({ tools, tool_choice }).tools as unknown[]).length, MANY);
});

t.test('properties of a schema', async (t) => {
  const properties = Object.fromEntries(many((i) => [`p${i}`, { type: 'integer', minimum: i }]));
  const schema = { type: 'object', properties, required: Object.keys(properties) };
  const { output_config } = translate({ response_format: { type: 'json_schema', json_schema: { schema } } });
  t.match(output_config, { format: { schema: { properties: { p7: { description: '{minimum: 7}' } } } } });
});

// Tools as three APIs write them, and which of them the model may or must call.
import t from 'tap';
import type { JsonObject } from '../../../../../src/core/translate/translation.ts';
import { refused, translate } from './fixtures/translate.ts';

const parameters = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] };
const tool = (name: string) => ({ type: 'function', function: { name, parameters } });
const TOOLS = [tool('f'), tool('g')];
const choice = (tool_choice: unknown, more: JsonObject = {}) =>
  translate({ tools: TOOLS, tool_choice, ...more }).tool_choice;

t.test('a tool is the same in each form', async (t) => {
  const wanted = { name: 'f', description: 'Does.', input_schema: parameters };
  const forms = [
    { type: 'function', function: { name: 'f', description: 'Does.', parameters } },
    { type: 'function', name: 'f', description: 'Does.', parameters },
    { type: 'custom', name: 'f', description: 'Does.', input_schema: parameters },
    { name: 'f', description: 'Does.', input_schema: parameters },
  ];
  for (const form of forms) t.same(translate({ tools: [form] }).tools, [wanted]);
});

t.test('strict and the mark for the cache are kept', async (t) => {
  const cache_control = { type: 'ephemeral' };
  t.match(
    translate({ tools: [{ type: 'function', function: { name: 'f', strict: true }, cache_control }] }).tools,
    [{ name: 'f', strict: true, cache_control }],
  );
});

t.test('parameters', async (t) => {
  const schema = (given: unknown) =>
    (
      translate({ tools: [{ type: 'function', function: { name: 'f', parameters: given } }] })
        .tools as JsonObject[]
    )[0]!.input_schema;
  const none = { type: 'object', properties: {} };
  for (const empty of [undefined, null, {}, { type: 'object' }]) t.same(schema(empty), none);
  t.same(schema({ properties: { a: {} } }), { type: 'object', properties: { a: {} } });
});

t.test('tools that cannot be had are refused by name', async (t) => {
  t.equal(refused({ tools: [{ type: 'web_search_20250305', name: 'web_search' }] }), 'tools[0].type');
  t.equal(refused({ tools: [tool('f'), { type: 'custom', custom: { name: 'g' } }] }), 'tools[1].custom');
  t.equal(refused({ tools: [{ type: 'custom', name: 'f', format: { type: 'text' } }] }), 'tools[0].format');
  t.equal(refused({ tools: [{ type: 'function', function: {} }] }), 'tools[0].function.name');
  t.equal(refused({ tools: [{ type: 'function' }] }), 'tools[0].name');
  t.equal(refused({ tools: [{ name: 'f', parameters: 'x' }] }), 'tools[0].parameters');
  t.equal(refused({ tools: {} }), 'tools');
  t.equal(refused({ tools: [null] }), 'tools[0]');
});

t.test('tool choice', async (t) => {
  t.same(choice(undefined), undefined);
  t.same(choice(null), undefined);
  t.same(choice('auto'), { type: 'auto' });
  t.same(choice('none'), { type: 'none' });
  t.same(choice('required'), { type: 'any' });
  t.same(choice({ type: 'function', function: { name: 'g' } }), { type: 'tool', name: 'g' });
  t.same(choice({ type: 'function', name: 'g' }), { type: 'tool', name: 'g' });
  t.same(choice({ type: 'tool', name: 'g' }), { type: 'tool', name: 'g' });
  t.same(choice({ type: 'any', disable_parallel_tool_use: true }), {
    type: 'any',
    disable_parallel_tool_use: true,
  });
});

t.test('calls one at a time', async (t) => {
  const one = { parallel_tool_calls: false };
  const disable_parallel_tool_use = true;
  t.same(choice(undefined, one), { type: 'auto', disable_parallel_tool_use });
  t.same(choice('required', one), { type: 'any', disable_parallel_tool_use });
  t.same(choice({ type: 'function', function: { name: 'g' } }, one), {
    type: 'tool',
    name: 'g',
    disable_parallel_tool_use,
  });
  t.same(choice('none', one), { type: 'none' }, 'has no place for it');
  t.same(choice('auto', { parallel_tool_calls: true }), { type: 'auto' });
});

t.test('allowed tools', async (t) => {
  const allowed_tools = { mode: 'required', tools: [{ type: 'function', function: { name: 'g' } }] };
  const request = translate({ tools: TOOLS, tool_choice: { type: 'allowed_tools', allowed_tools } });
  t.match(request, { tools: [{ name: 'g' }], tool_choice: { type: 'any' } });
  t.equal((request.tools as unknown[]).length, 1);
});

t.test('without tools there is nothing to choose', async (t) => {
  for (const tools of [undefined, null, []]) {
    const request = translate({ tools, tool_choice: 'auto', parallel_tool_calls: false });
    t.notOk('tools' in request || 'tool_choice' in request);
  }
});

t.test('choices that mean nothing are refused by name', async (t) => {
  t.equal(refused({ tools: TOOLS, tool_choice: 'maybe' }), 'tool_choice');
  t.equal(refused({ tools: TOOLS, tool_choice: { type: 'mcp' } }), 'tool_choice.type');
  t.equal(refused({ tools: TOOLS, tool_choice: { type: 'function' } }), 'tool_choice.name');
  t.equal(refused({ tools: TOOLS, tool_choice: { type: 'allowed_tools' } }), 'tool_choice.tools');
});

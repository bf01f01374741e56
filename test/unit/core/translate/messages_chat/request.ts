// The fields beside the conversation: limits, sampling, reasoning, tools, output format.
import t from 'tap';
import { open, refused, translate } from './fixtures/translate.ts';

t.test('the least request', async (t) => {
  t.same(translate({}), {
    model: 'some-model',
    messages: [{ role: 'user', content: 'Hi' }],
    max_tokens: 100,
  });
});

t.test('a stream asks for its usage', async (t) => {
  t.match(translate({ stream: true }), { stream: true, stream_options: { include_usage: true } });
  t.notOk('stream_options' in translate({ stream: false }));
});

t.test('the limit has the name that the model knows', async (t) => {
  for (const model of [
    'o1',
    'o3-mini',
    'o4-mini',
    'gpt-5-mini',
    'gpt-5.1',
    'gpt-5-pro',
    'gpt-5-codex',
    'gpt-5.1-codex-max',
    'openai/gpt-5.2',
    'GPT-6',
  ]) {
    t.match(translate({}, model), { max_completion_tokens: 100, max_tokens: undefined }, model);
  }
  for (const model of [
    'gpt-4o',
    'gpt-5-chat-latest',
    'deepseek-chat',
    'gemini-3-flash',
    'olmo-2',
    'gpt-oss-120b',
    'grok-3-mini',
  ]) {
    t.match(translate({}, model), { max_tokens: 100, max_completion_tokens: undefined }, model);
  }
  t.equal(refused({ max_tokens: undefined }), 'max_tokens');
});

t.test('models of OpenAI that reason get no temperature', async (t) => {
  const sampling = { temperature: 0.5, top_p: 0.9, top_k: 3 };
  t.match(translate(sampling, 'gpt-4o'), { temperature: 0.5, top_p: 0.9, top_k: undefined });
  const { temperature, top_p } = translate(sampling, 'o3');
  t.same([temperature, top_p], [undefined, undefined]);
});

t.test('tools are strict where OpenAI takes them as that', async (t) => {
  const strictOf = (input_schema: object) =>
    translate({ tools: [{ name: 'f', strict: true, input_schema }] }).tools as { function: object }[];
  const properties = { a: { type: 'string' } };
  const schema = { type: 'object', properties, additionalProperties: false };
  t.equal('strict' in strictOf(schema)[0]!.function, false, 'an optional property');
  t.match(strictOf({ ...schema, required: ['a'] }), [{ function: { strict: true } }]);
});

t.test('stop sequences', async (t) => {
  t.same(translate({ stop_sequences: ['a', 'b'] }).stop, ['a', 'b']);
  t.same(translate({ stop_sequences: ['a', 'b', 'c', 'd'] }).stop, ['a', 'b', 'c', 'd']);
  t.notOk('stop' in translate({ stop_sequences: [] }));
  t.equal(refused({ stop_sequences: ['a', 'b', 'c', 'd', 'e'] }), 'stop_sequences');
  t.equal(refused({ stop_sequences: [1] }), 'stop_sequences[0]');
});

const effort = (fields: object, model = 'gpt-5.2') => translate({ ...fields }, model).reasoning_effort;
const budget = (budget_tokens: number) => ({ thinking: { type: 'enabled', budget_tokens } });

t.test('a budget becomes an effort', async (t) => {
  const budgets = [1025, 2048, 2049, 8192, 8193, 16_384, 16_385];
  const names = ['low', 'low', 'medium', 'medium', 'high', 'high', 'xhigh'];
  for (const [i, tokens] of budgets.entries()) t.equal(effort(budget(tokens)), names[i], `${tokens}`);
  t.equal(effort(budget(1024), 'gpt-5-mini'), 'minimal');
});

t.test('an effort goes as far as the model', async (t) => {
  const asked = (name: string) => ({ output_config: { effort: name } });
  t.equal(effort(asked('max')), 'xhigh');
  t.equal(effort(asked('xhigh'), 'gpt-5-mini'), 'high');
  t.equal(effort(asked('medium'), 'gpt-5-pro'), 'high');
  t.equal(effort(budget(1024), 'o3'), 'low');
  t.equal(effort({ thinking: { type: 'disabled' } }), 'none');
  t.equal(effort({ thinking: { type: 'disabled' } }, 'gpt-5'), 'minimal');
  t.equal(effort(asked('high'), 'gpt-4o'), undefined, 'models that do not reason refuse the field');
  t.equal(effort(asked('high'), 'google/gemini-3-flash'), 'high');
});

t.test('the effort counts before the budget', async (t) => {
  t.equal(effort({ ...budget(1024), output_config: { effort: 'high' } }), 'high');
  t.equal(effort({ thinking: { type: 'adaptive' }, output_config: { effort: 'low' } }), 'low');
  t.equal(effort({ thinking: { type: 'disabled' }, output_config: { effort: 'low' } }), 'none');
  t.equal(effort({ thinking: { type: 'adaptive' } }), undefined);
  t.equal(effort({}), undefined);
});

t.test('refuses thinking that is none', async (t) => {
  t.equal(refused({ thinking: { type: 'deep' } }), 'thinking.type');
  t.equal(refused({ thinking: { type: 'enabled' } }), 'thinking.budget_tokens');
  t.equal(refused({ thinking: true }), 'thinking');
  t.equal(refused({ output_config: { effort: 'toString' } }), 'output_config.effort');
  t.equal(refused({ output_config: 3 }), 'output_config');
});

t.test('structured output', async (t) => {
  const strict = {
    type: 'object',
    properties: {
      a: { type: 'array', items: { type: 'object', properties: {}, additionalProperties: false } },
    },
    required: ['a'],
    additionalProperties: false,
  };
  const format = (schema: object) => ({ output_config: { format: { type: 'json_schema', schema } } });
  t.same(translate(format(strict)).response_format, {
    type: 'json_schema',
    json_schema: { name: 'output', schema: strict, strict: true },
  });
  for (const loose of [
    { ...strict, required: [] },
    { ...strict, additionalProperties: true },
    { anyOf: [{ type: 'object' }] },
  ]) {
    t.match(translate(format(loose)).response_format, { json_schema: { strict: false, schema: loose } });
  }
  t.match(translate({ output_format: { type: 'json_schema', schema: strict } }).response_format, {
    json_schema: { schema: strict },
  });
  t.equal(refused({ output_config: { format: { type: 'regex' } } }), 'output_config.format.type');
  t.equal(refused({ output_format: { type: 'json_schema' } }), 'output_format.schema');
});

t.test('the user is hashed where OpenAI does not take the whole id', async (t) => {
  t.equal(translate({ metadata: { user_id: 'u-1' } }).user, 'u-1');
  t.equal(translate({ metadata: { user_id: 'u'.repeat(64) } }).user, 'u'.repeat(64));
  t.match(translate({ metadata: { user_id: 'u'.repeat(65) } }).user, /^[0-9a-f]{64}$/);
  t.notOk('user' in translate({ metadata: {} }));
  t.equal(refused({ metadata: { user_id: 5 } }), 'metadata.user_id');
});

const TOOL = { name: 'f', input_schema: { type: 'object', properties: { a: {} } } };

t.test('tools', async (t) => {
  const tool = {
    ...TOOL,
    type: 'custom',
    description: 'Does it.',
    cache_control: { type: 'ephemeral' },
  };
  t.same(translate({ tools: [tool, { name: 'g', input_schema: { type: 'object' } }] }).tools, [
    {
      type: 'function',
      function: { name: 'f', description: 'Does it.', parameters: TOOL.input_schema },
    },
    { type: 'function', function: { name: 'g', parameters: { type: 'object', properties: {} } } },
  ]);
  t.equal(refused({ tools: [TOOL, { type: 'web_search_20250305', name: 'web_search' }] }), 'tools[1].type');
  t.equal(refused({ tools: [{ name: 'f' }] }), 'tools[0].input_schema');
  t.equal(refused({ tools: [{ input_schema: {} }] }), 'tools[0].name');
});

t.test('which tool', async (t) => {
  const chosen = (tool_choice: object) => {
    const { tool_choice: choice, parallel_tool_calls: parallel } = translate({ tools: [TOOL], tool_choice });
    return [choice, parallel];
  };
  t.same(chosen({ type: 'auto' }), ['auto', undefined]);
  t.same(chosen({ type: 'any', disable_parallel_tool_use: true }), ['required', false]);
  t.same(chosen({ type: 'none' }), ['none', undefined]);
  t.same(chosen({ type: 'tool', name: 'f' }), [{ type: 'function', function: { name: 'f' } }, undefined]);
  t.equal(refused({ tools: [TOOL], tool_choice: { type: 'some' } }), 'tool_choice.type');
  t.equal(refused({ tools: [TOOL], tool_choice: { type: 'tool' } }), 'tool_choice.name');
  const without = translate({ tools: [], tool_choice: { type: 'auto' } });
  t.same([without.tools, without.tool_choice], [undefined, undefined]);
});

t.test('a name of 64 characters is not too long', async (t) => {
  const name = 'n'.repeat(64);
  t.same(translate({ tools: [{ ...TOOL, name }] }).tools, [
    { type: 'function', function: { name, parameters: TOOL.input_schema } },
  ]);
});

t.test('a name that is too long for OpenAI is short upstream only', async (t) => {
  const long = `mcp__${'a'.repeat(100)}`;
  const other = `${long}b`;
  const use = { type: 'tool_use', id: 'c', name: long, input: {} };
  const translated = open({
    tools: [
      { ...TOOL, name: long },
      { ...TOOL, name: other },
    ],
    tool_choice: { type: 'tool', name: long },
    messages: [
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: [use] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c' }] },
    ],
  });
  const { tools, tool_choice, messages } = translated.request as unknown as {
    tools: { function: { name: string } }[];
    tool_choice: unknown;
    messages: unknown[];
  };
  const [name, otherName] = tools.map((tool) => tool.function.name);
  t.match(name, /^mcp__a+_[0-9a-f]{8}$/);
  t.equal(name!.length, 64);
  t.not(otherName, name);
  t.match(tool_choice, { function: { name } });
  t.match(messages[1], { tool_calls: [{ function: { name } }] });
  const answer = {
    choices: [{ message: { tool_calls: [{ id: 'd', function: { name, arguments: '{}' } }] } }],
  };
  t.match(translated.answer.document(answer), { content: [{ type: 'tool_use', name: long }] });
});

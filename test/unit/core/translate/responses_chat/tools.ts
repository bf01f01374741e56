// Tools, and which of them the model may or must call.
import t from 'tap';
import type { JsonObject } from '../../../../../src/core/translate/translation.ts';
import { sent } from '../../../../fixtures/responses.ts';

const fn = (name: string) => ({ type: 'function', name, parameters: { type: 'object' }, strict: false });
const offered = (name: string) => ({
  type: 'function',
  function: { name, parameters: { type: 'object' }, strict: false },
});
const TOOLS = [fn('a'), { type: 'web_search' }, { type: 'custom', name: 'c', description: 'Free.' }];

const chosen = (tool_choice: unknown, tools: unknown = TOOLS) => {
  const { tools: left, tool_choice: choice } = sent({ tools, tool_choice });
  return {
    names: (left as { function: { name: string } }[] | undefined)?.map((tool) => tool.function.name),
    choice,
  };
};
const refusal = (request: JsonObject) => {
  try {
    sent(request);
    return undefined;
  } catch (error) {
    return (error as { param: string }).param;
  }
};

t.test('functions are nested, custom tools take one text, and hosted tools are left out', async (t) => {
  t.same(sent({ tools: TOOLS }).tools, [
    offered('a'),
    {
      type: 'function',
      function: {
        name: 'c',
        description: 'Free.',
        parameters: {
          type: 'object',
          properties: {
            input: { type: 'string', description: 'The whole input of the tool, as free text.' },
          },
          required: ['input'],
          additionalProperties: false,
        },
      },
    },
  ]);
  const bare = sent({ tools: [{ type: 'web_search' }], tool_choice: 'auto', parallel_tool_calls: false });
  t.match(bare, { tools: undefined, tool_choice: undefined, parallel_tool_calls: undefined }, 'none is left');
});

t.test('a namespace stands before the names of its tools', async (t) => {
  const tools = [
    { type: 'namespace', name: 'files', tools: [fn('read')] },
    { type: 'namespace', name: 'mcp__db__', tools: [fn('query')] },
  ];
  t.same(chosen('auto', tools).names, ['files__read', 'mcp__db__query']);
  t.same(chosen({ type: 'function', name: 'read', namespace: 'files' }, tools).choice, {
    type: 'function',
    function: { name: 'files__read' },
  });
  t.equal(refusal({ tools: [{ ...tools[0], tools }] }), 'tools[0].tools[0].type');
});

t.test('each way to choose', async (t) => {
  for (const mode of ['auto', 'none', 'required']) t.same(chosen(mode), { names: ['a', 'c'], choice: mode });
  t.same(chosen(undefined), { names: ['a', 'c'], choice: undefined });
  t.same(chosen({ type: 'function', name: 'a' }).choice, { type: 'function', function: { name: 'a' } });
  t.same(chosen({ type: 'custom', name: 'c' }).choice, { type: 'function', function: { name: 'c' } });
  const allowed = (mode: string, ...tools: object[]) => chosen({ type: 'allowed_tools', mode, tools });
  t.same(allowed('required', { type: 'custom', name: 'c' }), { names: ['c'], choice: 'required' });
  t.same(allowed('auto', { type: 'web_search' }, { type: 'function', name: 'a' }), {
    names: ['a'],
    choice: 'auto',
  });
});

t.test('a 400 names what cannot be served', async (t) => {
  const choice = (tool_choice: unknown, tools: unknown = TOOLS) => refusal({ tools, tool_choice });
  t.equal(choice({ type: 'web_search_preview' }), 'tool_choice.type');
  t.equal(choice({ type: 'mcp', server_label: 's' }), 'tool_choice.type');
  t.equal(choice({ type: 'function', name: 'b' }), 'tool_choice.name');
  t.equal(choice('sometimes'), 'tool_choice');
  t.equal(choice('required', [{ type: 'web_search' }]), 'tool_choice');
  t.equal(
    choice({ type: 'allowed_tools', mode: 'required', tools: [{ type: 'web_search' }] }),
    'tool_choice.mode',
  );
  t.equal(choice({ type: 'allowed_tools', mode: 'auto', tools: [{ type: 'mcp' }] }), 'tool_choice.tools[0]');
  t.equal(refusal({ tools: {} }), 'tools');
  t.equal(refusal({ tools: [{ type: 'function' }] }), 'tools[0].name');
  t.equal(refusal({ tools: [{ type: 'abacus' }] }), 'tools[0].type');
  t.equal(refusal({ include: ['message.output_text.logprobs'] }), 'include[0]');
  t.equal(refusal({ text: { format: { type: 'yaml' } } }), 'text.format.type');
  t.equal(refusal({ text: { format: { type: 'json_schema', name: 'x' } } }), 'text.format.schema');
  t.equal(refusal({ max_output_tokens: '9' }), 'max_output_tokens');
});

// Bodies in which clients mix three APIs: `input` and its items, flat tools, and Anthropic's blocks.
import t from 'tap';
import { refused, translate, turns } from './fixtures/translate.ts';

const USER = { role: 'user', content: 'Hi' };
const CALL = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{"a":1}' };
const OUTPUT = { type: 'function_call_output', call_id: 'c1', output: 'r' };
const inputOnly = (input: unknown) => translate({ messages: undefined, input });

t.test('input instead of messages', async (t) => {
  t.same(inputOnly('Hi').messages, [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }]);
  const request = inputOnly([
    { role: 'developer', content: 'Be brief.' },
    { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] },
    { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'x' },
    {
      type: 'message',
      role: 'assistant',
      id: 'msg_1',
      content: [{ type: 'output_text', text: 'Yes?', annotations: [] }],
    },
    {
      role: 'user',
      content: [
        { type: 'input_text', text: 'See' },
        { type: 'input_image', image_url: 'data:image/png;base64,AA==', detail: 'auto' },
        { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA==' },
      ],
    },
    { ...CALL, id: 'fc_1', status: 'completed' },
    OUTPUT,
  ]);
  t.same(request.system, [{ type: 'text', text: 'Be brief.' }]);
  t.same(request.messages, [
    { role: 'user', content: [{ type: 'text', text: 'Hi' }] },
    { role: 'assistant', content: [{ type: 'text', text: 'Yes?' }] },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'See' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } },
        {
          type: 'document',
          source: { type: 'base64', media_type: 'application/pdf', data: 'AA==' },
          title: 'a.pdf',
        },
      ],
    },
    { role: 'assistant', content: [{ type: 'tool_use', id: 'c1', name: 'f', input: { a: 1 } }] },
    {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 'c1', content: [{ type: 'text', text: 'r' }] }],
    },
  ]);
});

t.test('input beside messages goes on where they end', async (t) => {
  const system = { role: 'system', content: 's' };
  t.same(turns([system], { input: 'Hi' }), ['user: Hi']);
  t.same(turns([USER, { role: 'assistant', content: 'a' }], { input: [{ role: 'user', content: 'b' }] }), [
    'user: Hi',
    'assistant: a',
    'user: b',
  ]);
});

t.test('input that says what messages said is not said twice', async (t) => {
  const input = [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }];
  t.same(turns([USER], { input }), ['user: Hi']);
  t.same(turns([USER], { input: 'Hi' }), ['user: Hi']);
  const chat = {
    role: 'assistant',
    tool_calls: [{ id: 'c1', function: { name: 'f', arguments: '{"a":1}' } }],
  };
  const result = { role: 'tool', tool_call_id: 'c1', content: 'r' };
  t.equal(turns([USER, chat, result], { input: [...input, CALL, OUTPUT] }).length, 3);
});

t.test('instructions and system are the system prompt', async (t) => {
  const { system } = translate({
    instructions: 'One',
    system: [{ type: 'text', text: 'Two', cache_control: { type: 'ephemeral' } }],
    messages: [{ role: 'system', content: 'Three' }, USER],
  });
  t.match(system, [
    { text: 'One' },
    { text: 'Two', cache_control: { type: 'ephemeral' } },
    { text: 'Three' },
  ]);
  t.match(translate({ system: 'Two' }).system, [{ type: 'text', text: 'Two' }]);
});

t.test('items that cannot be had are refused by name', async (t) => {
  const refusedInput = (input: unknown) => refused({ input });
  t.equal(refusedInput([{ type: 'item_reference', id: 'x' }]), 'input[0].type');
  t.equal(refusedInput([{ type: 'custom_tool_call', call_id: 'x' }]), 'input[0].type');
  t.equal(refusedInput([{ type: 'function_call', name: 'f' }]), 'input[0].call_id');
  t.equal(refusedInput([{ type: 'function_call', call_id: 'x' }]), 'input[0].name');
  t.equal(refusedInput([OUTPUT]), 'input[0].call_id');
  t.equal(
    refusedInput([{ role: 'user', content: [{ type: 'input_image', file_id: 'f' }] }]),
    'input[0].content[0].file_id',
  );
  t.equal(refusedInput({}), 'input');
});

t.test('Anthropic’s blocks among messages', async (t) => {
  const thinking = { type: 'thinking', thinking: 'Hm', signature: 'sig' };
  const use = { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: 1 } };
  const source = { type: 'base64', media_type: 'image/png', data: 'AA==' };
  const cache_control = { type: 'ephemeral' };
  const result = {
    type: 'tool_result',
    tool_use_id: 'toolu_1',
    content: [
      { type: 'text', text: 'r' },
      { type: 'image', source },
    ],
    is_error: true,
    cache_control,
  };
  const messages = [
    { role: 'user', content: [{ type: 'image', source, cache_control }] },
    { role: 'assistant', content: [thinking, { type: 'text', text: 'a' }, use] },
    { role: 'user', content: [result, { type: 'text', text: 'b' }] },
  ];
  t.same(translate({ messages }).messages, messages);
});

t.test('a result may be a text, and stand behind what the user says', async (t) => {
  const { messages } = translate({
    messages: [
      USER,
      { role: 'assistant', content: [{ type: 'tool_use', id: 'a', name: 'f', input: {} }] },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'b' },
          { type: 'tool_result', tool_use_id: 'a', content: 'r' },
        ],
      },
    ],
  });
  t.same(messages[2]!.content, [
    { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: 'r' }] },
    { type: 'text', text: 'b' },
  ]);
});

t.test('a call in both forms is one call', async (t) => {
  const both = {
    role: 'assistant',
    content: [{ type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } }],
    tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } }],
  };
  const { messages } = translate({
    messages: [USER, both, { role: 'tool', tool_call_id: 'a', content: 'r' }],
  });
  t.same(messages[1]!.content, [{ type: 'tool_use', id: 'a', name: 'f', input: { x: 1 } }]);
});

// Mixed requests for an upstream that has chat completions: what is foreign in them becomes proper, and all else stays as
// it is. What comes of it is held to OpenAI's own rules.
import t from 'tap';
import { parseChat } from '../../../../../sim/openai-request.ts';
import { judgeChat } from '../../../../../sim/openai-rules.ts';
import { ProxyError } from '../../../../../src/core/errors.ts';
import { properRequest } from '../../../../../src/core/translate/chat_chat.ts';
import type { JsonObject } from '../../../../../src/core/translate/translation.ts';

const USER = { role: 'user', content: 'Hi' };
const PNG = 'iVBORw0KGgo=';
const MANY = 100_000;

function proper(
  body: JsonObject,
  model = 'gpt-4.1',
): JsonObject & { readonly messages: readonly JsonObject[] } {
  const options = { model, maxTokensDefault: 1, id: 'own-id', now: 0 };
  return JSON.parse(properRequest(Buffer.from(JSON.stringify({ model, ...body })), options).toString());
}

/** The same, held to OpenAI's rules. */
function taken(body: JsonObject, model?: string): ReturnType<typeof proper> {
  const sent = proper(body, model);
  judgeChat(parseChat(sent));
  return sent;
}

/** The field that a 400 names. */
function refused(body: JsonObject): string | null {
  try {
    proper(body);
  } catch (error) {
    if (error instanceof ProxyError && error.code === 'invalid_field') return error.param;
    throw error;
  }
  return 'accepted';
}

t.test('what chat completions know stays as it is', async (t) => {
  const settings = {
    ...{ n: 2, logprobs: true, top_logprobs: 3, web_search_options: {}, seed: 1, stop: 'END' },
    ...{ response_format: { type: 'json_object' }, modalities: ['text'], temperature: 1.7, top_p: 0.3 },
  };
  const { model: _, messages, ...rest } = taken({ input: 'Some json', ...settings });
  t.same(rest, settings);
  t.same(messages, [{ role: 'user', content: 'Some json' }]);
});

t.test('and so do proper messages and parts', async (t) => {
  const messages = [
    { role: 'user', name: 'bob', content: 'q' },
    { role: 'assistant', content: 'a', reasoning_content: 'because' },
    { role: 'system', content: 'A new rule.' },
    { role: 'developer', content: [{ type: 'text', text: 'Another.' }] },
    {
      role: 'user',
      content: [
        { type: 'image_url', image_url: { url: 'https://x/y.png', detail: 'high' } },
        { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } },
        { type: 'file', file: { file_id: 'file-1' } },
      ],
    },
    { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] },
  ];
  t.same(taken({ messages, input: 'again' }).messages, [...messages, { role: 'user', content: 'again' }]);
  const audio = [
    { role: 'user', content: [{ type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } }] },
  ];
  t.same(taken({ input: audio }).messages, audio);
});

t.test('a proper request is not touched at all', async (t) => {
  const body = Buffer.from('{ "model":"m", "messages":[{"role":"user","content":"x"}] , "top_k":1}');
  t.equal(properRequest(body, { model: 'm', maxTokensDefault: 1, id: 'i', now: 0 }), body);
});

t.test('items', async (t) => {
  const { messages } = taken({
    instructions: 'Be brief.',
    input: [
      { type: 'message', role: 'developer', content: [{ type: 'input_text', text: 'And kind.' }] },
      {
        role: 'user',
        content: [
          { type: 'input_text', text: 'See' },
          { type: 'input_image', image_url: `data:image/png;base64,${PNG}`, detail: 'low' },
          { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA==' },
        ],
      },
      { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'x' },
      {
        ...{ type: 'message', id: 'msg_1', status: 'completed', role: 'assistant' },
        content: [{ type: 'output_text', text: 'I look.', annotations: [] }],
      },
      { type: 'function_call', id: 'fc_1', call_id: 'c1', name: 'f', arguments: '{"a":1}' },
      { type: 'function_call', call_id: 'c2', name: 'f', arguments: '' },
      { type: 'function_call_output', call_id: 'c2', output: 'two' },
      { type: 'function_call_output', call_id: 'c1', output: [{ type: 'input_text', text: 'one' }] },
      { type: 'function_call', call_id: 'c3', name: 'f', arguments: '{}' },
    ],
  });
  const call = (id: string, text: string) => ({
    id,
    type: 'function',
    function: { name: 'f', arguments: text },
  });
  t.same(messages, [
    { role: 'system', content: 'Be brief.' },
    { role: 'developer', content: 'And kind.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: 'See' },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}`, detail: 'low' } },
        { type: 'file', file: { file_data: 'data:application/pdf;base64,AA==', filename: 'a.pdf' } },
      ],
    },
    { role: 'assistant', content: 'I look.', tool_calls: [call('c1', '{"a":1}'), call('c2', '')] },
    { role: 'tool', tool_call_id: 'c1', content: 'one' },
    { role: 'tool', tool_call_id: 'c2', content: 'two' },
    { role: 'assistant', content: null, tool_calls: [call('c3', '{}')] },
    { role: 'tool', tool_call_id: 'c3', content: 'No result was given for this call.' },
  ]);
});

t.test('Anthropic’s blocks', async (t) => {
  const source = { type: 'base64', media_type: 'image/png', data: PNG };
  const cache_control = { type: 'ephemeral' };
  const { messages, ...rest } = taken({
    system: [
      { type: 'text', text: 'One', cache_control },
      { type: 'text', text: 'Two' },
    ],
    cache_control,
    top_k: 5,
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look', cache_control },
          { type: 'image', source },
        ],
      },
      {
        role: 'assistant',
        content: [
          { type: 'thinking', thinking: 'Hm', signature: 's' },
          { type: 'text', text: 'I will.' },
          { type: 'tool_use', id: 't1', name: 'f', input: { a: 1 } },
        ],
        tool_calls: [{ id: 't1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
      },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'And now?' },
          { type: 'tool_result', tool_use_id: 't1', content: [{ type: 'image', source }], is_error: true },
        ],
      },
      { role: 'assistant', content: [{ type: 'thinking', thinking: 'Hm', signature: 's' }] },
      { role: 'user', content: [{ type: 'document', source: { type: 'text', data: 'Words' }, title: 'T' }] },
    ],
  });
  t.same(Object.keys(rest), ['model']);
  const image = { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } };
  t.same(messages, [
    { role: 'system', content: 'One\n\nTwo' },
    { role: 'user', content: [{ type: 'text', text: 'Look' }, image] },
    {
      role: 'assistant',
      content: 'I will.',
      tool_calls: [{ id: 't1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
    },
    { role: 'tool', tool_call_id: 't1', content: 'Error: (See the next message of the user.)' },
    { role: 'user', content: [image] },
    { role: 'user', content: [{ type: 'text', text: 'And now?' }] },
    { role: 'user', content: 'T\n\nWords' },
  ]);
});

t.test('what is said in both lists is said once', async (t) => {
  const input = [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Hi' }] }];
  t.same(taken({ messages: [USER], input }).messages, [USER]);
  t.same(taken({ messages: [], input }).messages, [USER]);
  const called = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } };
  const chat = [
    USER,
    { role: 'assistant', tool_calls: [called] },
    { role: 'tool', tool_call_id: 'c1', content: 'r' },
  ];
  const items = [
    ...input,
    { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' },
    { type: 'function_call_output', call_id: 'c1', output: 'r' },
  ];
  t.same(taken({ messages: chat, input: items }).messages, chat);
});

t.test('tools and their choice', async (t) => {
  const input_schema = { type: 'object', properties: {} };
  const parameters = input_schema;
  const tools = [
    { name: 'a', description: 'Does a.', input_schema, cache_control: { type: 'ephemeral' } },
    { type: 'function', name: 'b', parameters, strict: true },
    { type: 'function', function: { name: 'c', parameters } },
    { type: 'custom', name: 'd', format: { type: 'grammar', syntax: 'lark', definition: 'x' } },
  ];
  const sent = taken({ input: 'x', tools });
  t.same(sent.tools, [
    { type: 'function', function: { name: 'a', description: 'Does a.', parameters } },
    { type: 'function', function: { name: 'b', parameters, strict: true } },
    { type: 'function', function: { name: 'c', parameters } },
    {
      type: 'custom',
      custom: { name: 'd', format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'x' } } },
    },
  ]);
  const choice = (tool_choice: unknown) => taken({ input: 'x', tools, tool_choice }).tool_choice;
  t.equal(choice({ type: 'any' }), 'required');
  t.equal(choice({ type: 'auto' }), 'auto');
  t.equal(choice('required'), 'required');
  const named = { type: 'function', function: { name: 'a' } };
  for (const given of [{ type: 'tool', name: 'a' }, { type: 'function', name: 'a' }, named])
    t.same(choice(given), named);
  t.same(choice({ type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'a' }] }), {
    type: 'allowed_tools',
    allowed_tools: { mode: 'auto', tools: [named] },
  });
  const once = taken({ input: 'x', tools, tool_choice: { type: 'auto', disable_parallel_tool_use: true } });
  t.equal(once.parallel_tool_calls, false);
  t.notOk('tool_choice' in taken({ input: 'x', tools: [], tool_choice: 'auto' }), 'nothing to choose from');
});

t.test('settings under other names', async (t) => {
  t.equal(taken({ input: 'x', max_output_tokens: 9 }).max_tokens, 9);
  t.equal(taken({ input: 'x', max_output_tokens: 9 }, 'gpt-5-mini').max_completion_tokens, 9);
  t.match(taken({ input: 'x', max_output_tokens: 9, max_tokens: 7 }), { max_tokens: 7 });
  const thinking = { type: 'enabled', budget_tokens: 2000 };
  t.equal(taken({ messages: [USER], thinking }, 'gpt-5-mini').reasoning_effort, 'low');
  t.equal(
    taken({ messages: [USER], thinking, reasoning_effort: 'high' }, 'gpt-5-mini').reasoning_effort,
    'high',
  );
  const items = { reasoning: { effort: 'high', summary: 'auto' }, text: { verbosity: 'low' }, include: [] };
  const sent = taken({ input: 'x', ...items }, 'gpt-5-mini');
  t.match(sent, { reasoning_effort: 'high', verbosity: 'low' });
  t.same(proper({ messages: [USER], system: 's', reasoning: { effort: 'high' } }).reasoning, {
    effort: 'high',
  });
});

t.test('ids and signatures that the model wants', async (t) => {
  const call = { type: 'function_call', call_id: `toolu_${'x'.repeat(50)}`, name: 'f', arguments: '{}' };
  const output = { type: 'function_call_output', call_id: call.call_id, output: 'r' };
  const [, said, result] = taken({ input: [USER, call, output] }).messages;
  t.equal((said!.tool_calls as JsonObject[])[0]!.id, result!.tool_call_id);
  const [, gemini] = proper({ input: [USER, call, output] }, 'gemini-3-flash').messages;
  t.match(gemini!.tool_calls, [{ extra_content: { google: { thought_signature: String } } }]);
});

t.test('what has no place is refused by name', async (t) => {
  t.equal(refused({ input: [] }), 'messages');
  t.equal(refused({ input: ' ' }), 'messages');
  t.equal(refused({ input: 7 }), 'input');
  t.equal(refused({ input: [{ type: 'item_reference', id: 'x' }] }), 'input[0].type');
  t.equal(refused({ input: [{ type: 'function_call', call_id: 'x' }] }), 'input[0].name');
  t.equal(
    refused({ input: [{ type: 'function_call_output', call_id: 'x', output: 'r' }] }),
    'input[0].call_id',
  );
  const file = { type: 'input_file', file_url: 'https://x/a.pdf' };
  t.equal(refused({ input: [{ role: 'user', content: [file] }] }), 'input[0].content[0].file_url');
  t.equal(refused({ input: 'x', tools: {} }), 'tools');
});

t.test('very many of all', async (t) => {
  const many = <T>(make: (i: number) => T): T[] => Array.from({ length: MANY }, (_, i) => make(i));
  const content = many(() => ({ type: 'input_text', text: 'a' }));
  t.equal((proper({ input: [{ role: 'user', content }] }).messages[0]!.content as unknown[]).length, MANY);
  t.equal(proper({ messages: many(() => USER), input: many(() => USER) }).messages.length, MANY);
  const calls = many((i) => ({ type: 'function_call', call_id: `c${i}`, name: 'f', arguments: '{}' }));
  const outputs = many((i) => ({ type: 'function_call_output', call_id: `c${i}`, output: 'r' }));
  const { messages } = proper({
    input: [USER, ...calls, ...outputs],
    tools: many((i) => ({ name: `f${i}` })),
  });
  t.equal(messages.length, MANY + 2);
  const uses = many((i) => ({ type: 'tool_use', id: `c${i}`, name: 'f', input: {} }));
  const results = many((i) => ({ type: 'tool_result', tool_use_id: `c${i}`, content: 'r' }));
  const blocks = [USER, { role: 'assistant', content: uses }, { role: 'user', content: results }];
  t.equal(proper({ messages: blocks }).messages.length, MANY + 2);
});

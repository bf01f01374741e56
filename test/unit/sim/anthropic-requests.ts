// What Anthropic's API refuses, the simulator refuses with the same words; what it takes, the simulator takes.
import t from 'tap';
import { type Script, scriptText } from '../../../sim/script.ts';
import { seal, sign } from '../../../sim/signature.ts';
import { startSimulator } from '../../../sim/simulator.ts';

const simulator = await startSimulator({ dialect: 'anthropic' });
t.teardown(() => simulator.close());

async function send(body: object, path = '/v1/messages', headers = {}) {
  const response = await fetch(simulator.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'anthropic-version': '2023-06-01', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as { error?: { message: string } } };
}

const ask = (script: Script = {}) => ({ role: 'user', content: scriptText(script) });
const request = (more: object = {}) => ({ model: 'm', max_tokens: 5_000, messages: [ask()], ...more });
const says = (...content: unknown[]) => request({ messages: [{ role: 'user', content }] });
const text = (more: object = {}) => ({ type: 'text', text: 'hi', ...more });
const image = (source: object) => says({ type: 'image', source });
const use = (id = 'toolu_1', more: object = {}) => ({
  type: 'tool_use',
  id,
  name: 'find',
  input: {},
  ...more,
});
const result = (id = 'toolu_1', more: object = {}) => ({ type: 'tool_result', tool_use_id: id, ...more });
const loop = (said: unknown[], answered: unknown[]) => ({
  messages: [ask(), { role: 'assistant', content: said }, { role: 'user', content: answered }],
});
const tool = (more: object = {}) => ({ name: 'find', input_schema: { type: 'object' }, ...more });
const CLOSED = { input_schema: { type: 'object', additionalProperties: false } };
const formatted = (schema: object) => ({ output_config: { format: { type: 'json_schema', schema } } });
const thinking = { type: 'enabled', budget_tokens: 1_024 };
const thought = { type: 'thinking', thinking: 'hm', signature: sign('hm') };
const mark = { cache_control: { type: 'ephemeral' } };

const REFUSED: readonly (readonly [message: string | RegExp, body: object])[] = [
  ['x: Extra inputs are not permitted', request({ x: 1 })],
  ['context_management: Extra inputs are not permitted', request({ context_management: {} })],
  ['max_tokens: Field required', request({ max_tokens: undefined })],
  ['max_tokens: Input should be greater than or equal to 1', request({ max_tokens: 0 })],
  ['messages: at least one message is required', request({ messages: [] })],
  ['model: Field required', request({ model: undefined })],
  ['stream: Input should be a valid boolean', request({ stream: 'yes' })],
  [
    /^messages\.0\.role: Input should be 'user' or 'assistant'$/,
    request({ messages: [{ role: 'system', content: 'x' }] }),
  ],
  [
    'messages: first message must use the "user" role',
    request({ messages: [{ role: 'assistant', content: 'Hello.' }, ask()] }),
  ],
  [
    /tool_use\.name: String should match pattern/,
    request(loop([use('toolu_1', { name: 'a b' })], [result()])),
  ],
  ['messages.0.name: Extra inputs are not permitted', request({ messages: [{ ...ask(), name: 'me' }] })],
  ['messages.0.content: Input should be a valid list', request({ messages: [{ role: 'user', content: 7 }] })],
  [
    /^messages\.0\.content\.0: Input tag 'image_url' found using 'type' does not match any of the expected tags: 'text', 'image'/,
    says({ type: 'image_url' }),
  ],
  ['messages.0.content.0.text.index: Extra inputs are not permitted', says(text({ index: 0 }))],
  ['messages: text content blocks must be non-empty', says(text({ text: '' }))],
  ['messages: text content blocks must contain non-whitespace text', says(text({ text: ' \n' }))],
  ['system: text content blocks must be non-empty', request({ system: [text({ text: '' })] })],
  [/^messages\.0: all messages must have non-empty content/, says()],
  [
    /source\.media_type: Input should be 'image\/jpeg', 'image\/png', 'image\/gif' or 'image\/webp'$/,
    image({ type: 'base64', media_type: 'image/bmp', data: 'AAAA' }),
  ],
  [
    /source\.data: Invalid base64 data$/,
    image({ type: 'base64', media_type: 'image/png', data: 'data:image/png' }),
  ],
  [/Only HTTP and HTTPS URLs are supported/, image({ type: 'url', url: 'data:image/png;base64,AAAA' })],
  [
    'messages: final assistant content cannot end with trailing whitespace',
    request({ messages: [ask(), { role: 'assistant', content: 'So ' }] }),
  ],
  ['messages.0: `tool_use` blocks can only be in `assistant` messages', says(use())],
  [
    'messages.1: `image` blocks can only be in `user` messages',
    request({
      messages: [
        ask(),
        { role: 'assistant', content: [{ type: 'image', source: { type: 'url', url: 'https://x/y.png' } }] },
      ],
    }),
  ],
  [
    /tool_use\.id: String should match pattern '\^\[a-zA-Z0-9_-\]\+\$'$/,
    request(loop([use('a.b')], [result('a.b')])),
  ],
  [
    /^messages\.1: `tool_use` ids were found without `tool_result` blocks immediately after: toolu_1\. /,
    request(loop([use()], [text()])),
  ],
  [
    /immediately after: toolu_1, toolu_2\. /,
    request({ messages: [ask(), { role: 'assistant', content: [use('toolu_1'), use('toolu_2')] }] }),
  ],
  [/^messages\.1: `tool_use` ids were found/, request(loop([use()], [text(), result()]))],
  [
    /^messages\.2\.content\.0: unexpected `tool_use_id` found in `tool_result` blocks: other\. /,
    request(loop([use()], [result('other')])),
  ],
  [/unexpected `tool_use_id`/, says(result())],
  [/multiple `tool_result` blocks with id: toolu_1$/, request(loop([use()], [result(), result()]))],
  [
    /tool_use\.input: Input should be a valid dictionary$/,
    request(loop([use('toolu_1', { input: '{}' })], [result()])),
  ],
  [
    'messages.1.content.0.thinking.signature: Field required',
    request(loop([{ type: 'thinking', thinking: 'hm' }, use()], [result()])),
  ],
  [
    'messages.1.content.0.thinking.signature: Field required',
    request(loop([{ ...thought, signature: '' }, use()], [result()])),
  ],
  [
    'messages.1.content.0: Invalid `signature` in `thinking` block',
    request(loop([{ ...thought, signature: 'made up' }, use()], [result()])),
  ],
  [
    'messages.1.content.0: Invalid `signature` in `thinking` block',
    request(loop([{ ...thought, thinking: 'hm, changed' }, use()], [result()])),
  ],
  [
    /Invalid `data` in `redacted_thinking`/,
    request(loop([{ type: 'redacted_thinking', data: 'AAAA' }, use()], [result()])),
  ],
  [
    'thinking.budget_tokens: Input should be greater than or equal to 1024',
    request({ thinking: { ...thinking, budget_tokens: 1_023 } }),
  ],
  [
    '`max_tokens` must be greater than `thinking.budget_tokens`.',
    request({ thinking: { ...thinking, budget_tokens: 5_000 } }),
  ],
  ['`temperature` may only be set to 1 when thinking is enabled.', request({ thinking, temperature: 0.5 })],
  ['`top_k` must be unset when thinking is enabled.', request({ thinking, top_k: 5 })],
  [
    '`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.',
    request({ thinking, top_p: 0.9 }),
  ],
  [
    'Thinking may not be enabled when tool_choice forces tool use.',
    request({ thinking, tools: [tool()], tool_choice: { type: 'any' } }),
  ],
  [
    /^messages\.1\.content\.0\.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`\. /,
    request({ thinking, ...loop([use()], [result()]) }),
  ],
  ['temperature: Input should be less than or equal to 1', request({ temperature: 1.5 })],
  [/^stop_sequences\.0: each stop sequence must contain non-whitespace$/, request({ stop_sequences: [' '] })],
  ['tools.0.custom.function: Extra inputs are not permitted', request({ tools: [tool({ function: {} })] })],
  ['tools.0.custom.input_schema: Field required', request({ tools: [tool({ input_schema: undefined })] })],
  [/^tools\.0\.custom\.input_schema\.type: /, request({ tools: [tool({ input_schema: {} })] })],
  [/^tools\.0\.custom\.name: String should match pattern/, request({ tools: [tool({ name: 'a b' })] })],
  ['tools: Tool names must be unique.', request({ tools: [tool(), tool()] })],
  [
    'tool_choice: Tool choice may only be specified while providing tools.',
    request({ tool_choice: { type: 'auto' } }),
  ],
  [
    /^tool_choice: Input tag 'required' found/,
    request({ tools: [tool()], tool_choice: { type: 'required' } }),
  ],
  [
    "Tool 'other' not found in provided tools",
    request({ tools: [tool()], tool_choice: { type: 'tool', name: 'other' } }),
  ],
  [
    'A maximum of 4 blocks with cache_control may be provided. Found 5.',
    request({
      ...mark,
      system: [text(mark)],
      tools: [tool(mark)],
      messages: [{ role: 'user', content: [text(mark), text(mark)] }],
    }),
  ],
  ['metadata.trace: Extra inputs are not permitted', request({ metadata: { trace: 'x' } })],
  [
    /^output_config\.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'$/,
    request({ output_config: { effort: 'minimal' } }),
  ],
  ["service_tier: Input should be 'auto' or 'standard_only'", request({ service_tier: 'flex' })],
  [
    "output_config.format.schema: For 'integer' type, property 'minimum' is not supported",
    request(formatted({ anyOf: [{ type: 'integer', minimum: 1 }] })),
  ],
  [
    "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
    request(formatted({ type: 'object', properties: {} })),
  ],
  [
    "tools.0.custom.input_schema: For 'object' type, 'additionalProperties' must be explicitly set to false",
    request({ tools: [tool({ strict: true })] }),
  ],
  ['`temperature` is deprecated for this model.', request({ model: 'claude-opus-4-7', temperature: 1 })],
  ['`top_k` is deprecated for this model.', request({ model: 'claude-sonnet-5', top_k: 1 })],
  [/^"thinking.type.enabled" is not supported/, request({ model: 'anthropic/claude-opus-4.8', thinking })],
  [
    /^"thinking.type.disabled" is not supported/,
    request({ model: 'claude-opus-5-5', thinking: { type: 'disabled' } }),
  ],
  [
    'adaptive thinking is not supported on this model',
    request({ model: 'claude-sonnet-4-5-20250929', thinking: { type: 'adaptive' } }),
  ],
  [
    'This model does not support the effort parameter.',
    request({ model: 'claude-haiku-4-5', output_config: { effort: 'low' } }),
  ],
  [
    /^This model does not support effort level 'xhigh'/,
    request({ model: 'claude-opus-4-6', output_config: { effort: 'xhigh' } }),
  ],
  [
    'This model does not support assistant message prefill. The conversation must end with a user message.',
    request({ model: 'claude-opus-4-6', messages: [ask(), { role: 'assistant', content: 'Well,' }] }),
  ],
];

for (const [message, body] of REFUSED) {
  t.test(`refuses: ${message}`, async (t) => {
    const answer = await send(body);
    t.equal(answer.status, 400);
    t.match(answer.body, { type: 'error', error: { type: 'invalid_request_error' }, request_id: String });
    const { message: found } = answer.body.error!;
    if (typeof message === 'string') t.equal(found, message);
    else t.match(found, message);
  });
}

const TAKEN: Readonly<Record<string, object>> = {
  'every block': says(
    text(mark),
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' }, ...mark },
    { type: 'image', source: { type: 'url', url: 'https://example.org/a.png' } },
    { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'x' }, title: 'T' },
    { type: 'search_result', source: 's', title: 'T', content: [text()] },
  ),
  'every field': request({
    system: [text(mark)],
    stop_sequences: ['END'],
    temperature: 1,
    top_p: 0.5,
    top_k: 3,
    metadata: { user_id: 'u' },
    service_tier: 'auto',
    tools: [
      tool({ strict: true, description: 'd', ...CLOSED }),
      { type: 'web_search_20250305', name: 'web_search', max_uses: 3 },
    ],
    tool_choice: { type: 'tool', name: 'find', disable_parallel_tool_use: true },
    output_config: { effort: 'low', format: { type: 'json_schema', schema: {} } },
  }),
  'a loop of tools with thinking': request({
    thinking,
    temperature: 1,
    top_p: 0.95,
    tools: [tool()],
    ...loop(
      [thought, use('a'), use('b')],
      [result('b', { content: [text()] }), result('a', { is_error: true }), text()],
    ),
  }),
  'adaptive thinking, where it is known': request({
    ...{ model: 'claude-opus-4-8', thinking: { type: 'adaptive' }, output_config: { effort: 'xhigh' } },
    ...loop([use()], [result()]),
  }),
  'a budget, where it is known': request({ model: 'claude-sonnet-4-5', thinking }),
  'a last message of the assistant’s, where it is known': request({
    ...{ model: 'claude-sonnet-4-5', messages: [ask(), { role: 'assistant', content: 'Well,' }] },
  }),
  'a loop that only begins with thinking': request({
    thinking,
    messages: [
      ...loop([{ type: 'redacted_thinking', data: seal('hm') }, use('a')], [result('a')]).messages,
      { role: 'assistant', content: [use('b')] },
      { role: 'user', content: [result('b')] },
    ],
  }),
  'older turns without thinking': request({
    thinking,
    messages: [...loop([use()], [result()]).messages, { role: 'assistant', content: 'So.' }, ask()],
  }),
  'a foreign signature, if the script says so': request({
    messages: [
      ask({ signatures: 'any' }),
      { role: 'assistant', content: [{ ...thought, signature: 'x' }, text()] },
      { role: 'user', content: 'go on' },
    ],
  }),
  'anything, if the script says so': { model: 'm', x: 1, messages: [ask({ lenient: true })] },
};

for (const [name, body] of Object.entries(TAKEN)) {
  t.test(`takes ${name}`, async (t) => {
    const { status, body: answer } = await send(body);
    t.equal(status, 200, { answer });
  });
}

t.test('features on trial need their header', async (t) => {
  const body = request({ context_management: { edits: [] } });
  t.equal((await send(body)).status, 400);
  t.equal((await send(body, '/v1/messages', { 'anthropic-beta': 'x' })).status, 200);
});

t.test('count_tokens is as strict, about its own fields', async (t) => {
  const { max_tokens: _, ...body } = request({ tools: [tool()] });
  const path = '/v1/messages/count_tokens';
  t.equal((await send(body, path)).status, 200);
  t.match((await send(request(), path)).body, {
    error: { message: 'max_tokens: Extra inputs are not permitted' },
  });
  t.match((await send({ ...body, ...loop([use()], [text()]) }, path)).body, {
    error: { message: /tool_use/ },
  });
});

// Responses on an upstream that has messages: two translations behind one another.
import t from 'tap';
import { responsesMessages } from '../../../../src/core/translate/responses_messages.ts';
import type { JsonObject } from '../../../../src/core/translate/translation.ts';
import { grammarFaults, OPTIONS, streamed } from '../../../fixtures/responses.ts';

const TOOLS = [
  { type: 'function', name: 'weather', parameters: { type: 'object', properties: {} }, strict: false },
  { type: 'custom', name: 'patch' },
];
const sent = (request: JsonObject): JsonObject =>
  responsesMessages.open({ model: 'm', input: 'hi', ...request }, OPTIONS).request;

const block = (index: number, content_block: JsonObject, ...deltas: JsonObject[]): JsonObject[] => [
  { type: 'content_block_start', index, content_block },
  ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
  { type: 'content_block_stop', index },
];
const STREAM: readonly JsonObject[] = [
  {
    type: 'message_start',
    message: {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-4-5',
      content: [],
      usage: {
        input_tokens: 10,
        cache_read_input_tokens: 5,
        cache_creation_input_tokens: 3,
        output_tokens: 1,
      },
    },
  },
  { type: 'ping' },
  ...block(
    0,
    { type: 'thinking', thinking: '', signature: '' },
    { type: 'thinking_delta', thinking: 'First, ' },
    { type: 'thinking_delta', thinking: 'the sky.' },
    { type: 'signature_delta', signature: 'c2lnbmVk' },
  ),
  ...block(1, { type: 'redacted_thinking', data: 'cmVk' }),
  ...block(
    2,
    { type: 'text', text: '' },
    { type: 'text_delta', text: 'Let me ' },
    { type: 'text_delta', text: 'see.' },
  ),
  ...block(
    3,
    { type: 'tool_use', id: 'toolu_1', name: 'weather', input: {} },
    { type: 'input_json_delta', partial_json: '{"city":' },
    { type: 'input_json_delta', partial_json: '"Bern"}' },
  ),
  ...block(
    4,
    { type: 'tool_use', id: 'toolu_2', name: 'patch', input: {} },
    { type: 'input_json_delta', partial_json: '{"input":"*** Begin"}' },
  ),
  { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 29 } },
  { type: 'message_stop' },
];
const THINKING = { type: 'thinking', thinking: 'First, the sky.', signature: 'c2lnbmVk' };
const MESSAGE: JsonObject = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-sonnet-4-5',
  content: [
    THINKING,
    { type: 'redacted_thinking', data: 'cmVk' },
    { type: 'text', text: 'Let me see.' },
    { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Bern' } },
    { type: 'tool_use', id: 'toolu_2', name: 'patch', input: { input: '*** Begin' } },
  ],
  stop_reason: 'tool_use',
  usage: { input_tokens: 10, cache_read_input_tokens: 5, cache_creation_input_tokens: 3, output_tokens: 29 },
};
const OUTPUT = [
  { type: 'reasoning', summary: [{ text: 'First, the sky.' }] },
  { type: 'message', content: [{ type: 'output_text', text: 'Let me see.' }] },
  { type: 'function_call', call_id: 'toolu_1', name: 'weather', arguments: '{"city":"Bern"}' },
  { type: 'custom_tool_call', call_id: 'toolu_2', name: 'patch', input: '*** Begin' },
];
const USAGE = {
  input_tokens: 18,
  input_tokens_details: { cached_tokens: 5, cache_write_tokens: 3 },
  output_tokens: 29,
  total_tokens: 47,
};

t.test('a request', async (t) => {
  const request = sent({
    instructions: 'Be brief.',
    input: [
      { role: 'developer', content: 'Be kind.' },
      { role: 'user', content: [{ type: 'input_text', text: 'hi' }] },
    ],
    tools: [...TOOLS, { type: 'web_search' }],
    tool_choice: 'required',
    max_output_tokens: 99,
    stream: true,
    store: false,
    include: ['reasoning.encrypted_content'],
    prompt_cache_key: 'k',
    user: 'u',
  });
  t.match(request, {
    model: 'routed-model',
    max_tokens: 99,
    stream: true,
    messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
    tools: [{ name: 'weather' }, { name: 'patch', input_schema: { required: ['input'] } }],
    tool_choice: { type: 'any' },
    metadata: { user_id: 'u' },
  });
  t.match(JSON.stringify(request.system), /Be brief\..*Be kind\./);
  t.equal(sent({}).max_tokens, 1_000, 'a limit of its own');
});

t.test('a stream, with the usage at its end', async (t) => {
  const events = streamed(STREAM, { tools: TOOLS }, responsesMessages);
  t.same(grammarFaults(events), []);
  t.match(events.at(-1), {
    type: 'response.completed',
    response: { model: 'claude-sonnet-4-5', status: 'completed', output: OUTPUT, usage: USAGE },
  });
});

t.test('a document says the same', async (t) => {
  const document = responsesMessages
    .open({ model: 'm', input: 'hi', tools: TOOLS }, OPTIONS)
    .answer.document(MESSAGE);
  t.match(document, { status: 'completed', output: OUTPUT, usage: USAGE });
});

t.test('an answer that was cut', async (t) => {
  const cut = STREAM.map((event) =>
    event.type === 'message_delta' ? { ...event, delta: { stop_reason: 'max_tokens' } } : event,
  );
  t.match(streamed(cut, { tools: TOOLS }, responsesMessages).at(-1), {
    type: 'response.incomplete',
    response: { incomplete_details: { reason: 'max_output_tokens' } },
  });
});

t.test('signed thinking survives the round trip, from a stream as from a document', async (t) => {
  const events = streamed(STREAM, { tools: TOOLS }, responsesMessages);
  const outputs = [
    (events.at(-1)!.response as JsonObject).output,
    responsesMessages.open({ model: 'm', input: 'hi', tools: TOOLS }, OPTIONS).answer.document(MESSAGE)
      .output,
  ] as JsonObject[][];
  for (const output of outputs) {
    const { messages } = sent({
      input: [
        { role: 'user', content: 'hi' },
        ...output,
        { type: 'function_call_output', call_id: 'toolu_1', output: 'rain' },
        { type: 'custom_tool_call_output', call_id: 'toolu_2', output: 'done' },
      ],
      tools: TOOLS,
    });
    t.match(messages, [
      { role: 'user' },
      { role: 'assistant', content: MESSAGE.content },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'toolu_1' },
          { type: 'tool_result', tool_use_id: 'toolu_2' },
        ],
      },
    ]);
  }
});

t.test('the effort that is asked for gets through', async (t) => {
  const { request } = responsesMessages.open(
    { input: 'hi', reasoning: { effort: 'medium' }, max_output_tokens: 32_000 },
    { ...OPTIONS, model: 'claude-sonnet-4-5' },
  );
  t.match(request, { thinking: { type: 'enabled' } });
});

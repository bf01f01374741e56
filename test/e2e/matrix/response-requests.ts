// What of a responses request reaches an upstream that has no such API: what means the same in chat completions, or in
// Anthropic's messages. All refuse what their real API would.
import type OpenAI from 'openai';
import t from 'tap';
import { RESPONSES_TOOLS, TOOLS } from '../../fixtures/clients.ts';
import { startMatrix } from '../../fixtures/matrix.ts';
import { flat, PHOTO, PNG, SCHEMA } from '../../fixtures/parts.ts';
import { openaiClient } from '../../fixtures/sdk.ts';

type Request = Partial<OpenAI.Responses.ResponseCreateParamsNonStreaming>;

interface Case {
  readonly name: string;
  /** @param text that has to be in it somewhere */
  readonly request: (text: string) => Request;
  /** To be found in what the upstream gets. @param text as above */
  readonly chat: (text: string) => object;
  readonly anthropic: (text: string) => object;
}

const user = (content: unknown) => ({ role: 'user', content });
const asked = (request: Request) => (text: string) => ({ input: text, ...request });
const choice = (tool_choice: OpenAI.Responses.ResponseCreateParams['tool_choice']) =>
  asked({ tools: RESPONSES_TOOLS, tool_choice: tool_choice! });
const called = (call_id: string, name: string, input: object) => ({
  ...{ type: 'function_call' as const, call_id, name, arguments: JSON.stringify(input) },
});
const output = (call_id: string, output: string) => ({
  ...{ type: 'function_call_output' as const, call_id, output },
});
const call = (id: string, name: string, input: object) => ({
  ...{ id, type: 'function', function: { name, arguments: JSON.stringify(input) } },
});
const toolUse = (id: string, name: string, input: object) => ({ type: 'tool_use', id, name, input });

const CASES: readonly Case[] = [
  {
    name: 'a text',
    request: asked({}),
    chat: (text) => ({ messages: [user(text)] }),
    anthropic: (text) => ({ messages: [user(text)], max_tokens: Number }),
  },
  {
    name: 'instructions and messages of every role',
    request: (text) => ({
      instructions: 'Be brief.',
      input: [
        { role: 'developer', content: 'Be kind.' },
        { role: 'user', content: [{ type: 'input_text', text: 'Hello.' }] },
        { role: 'assistant', content: 'Hello to you.' },
        { type: 'message', role: 'user', content: text },
      ],
    }),
    chat: (text) => ({
      messages: [
        { role: /system|developer/, content: /Be brief\./ },
        { role: /system|developer/, content: /Be kind\./ },
        user('Hello.'),
        { role: 'assistant', content: 'Hello to you.' },
        user(text),
      ],
    }),
    anthropic: (text) => ({
      system: /Be brief\.\s+Be kind\./,
      messages: [user('Hello.'), { role: 'assistant', content: 'Hello to you.' }, user(text)],
    }),
  },
  {
    name: 'pictures',
    request: (text) => ({
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text },
            { type: 'input_image', image_url: `data:image/png;base64,${PNG}`, detail: 'auto' },
            { type: 'input_image', image_url: PHOTO, detail: 'auto' },
          ],
        },
      ],
    }),
    chat: (text) => ({
      messages: [
        user([
          { type: 'text', text },
          { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
          { type: 'image_url', image_url: { url: PHOTO } },
        ]),
      ],
    }),
    anthropic: (text) => ({
      messages: [
        user([
          { type: 'text', text },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
          { type: 'image', source: { type: 'url', url: PHOTO } },
        ]),
      ],
    }),
  },
  {
    name: 'tools',
    request: choice('auto'),
    chat: () => ({ tools: TOOLS.map((tool) => ({ type: 'function', function: tool })), tool_choice: 'auto' }),
    anthropic: () => ({
      tools: TOOLS.map(({ name, description, parameters }) => ({
        ...{ name, description },
        input_schema: parameters,
      })),
      tool_choice: { type: 'auto' },
    }),
  },
  {
    name: 'no tool',
    request: choice('none'),
    chat: () => ({ tool_choice: 'none' }),
    anthropic: () => ({ tool_choice: { type: 'none' } }),
  },
  {
    name: 'some tool',
    request: choice('required'),
    chat: () => ({ tool_choice: 'required' }),
    anthropic: () => ({ tool_choice: { type: 'any' } }),
  },
  {
    name: 'this tool, once',
    request: (text) => ({
      ...choice({ type: 'function', name: 'open' })(text),
      parallel_tool_calls: false,
    }),
    chat: () => ({
      tool_choice: { type: 'function', function: { name: 'open' } },
      parallel_tool_calls: false,
    }),
    anthropic: () => ({ tool_choice: { type: 'tool', name: 'open', disable_parallel_tool_use: true } }),
  },
  {
    name: 'outputs of tools, the last first',
    request: (text) => ({
      input: [
        { role: 'user', content: 'Find and open it.' },
        called('call_1', 'find', { query: 'it' }),
        called('call_2', 'open', {}),
        output('call_2', 'opened'),
        output('call_1', 'found'),
        { role: 'user', content: text },
      ],
      tools: RESPONSES_TOOLS,
    }),
    chat: (text) => ({
      messages: [
        user('Find and open it.'),
        {
          role: 'assistant',
          tool_calls: [call('call_1', 'find', { query: 'it' }), call('call_2', 'open', {})],
        },
        { role: 'tool', tool_call_id: /call_[12]/ },
        { role: 'tool', tool_call_id: /call_[12]/ },
        user(text),
      ],
    }),
    anthropic: (text) => ({
      messages: [
        user('Find and open it.'),
        {
          role: 'assistant',
          content: [toolUse('call_1', 'find', { query: 'it' }), toolUse('call_2', 'open', {})],
        },
        user([{ type: 'tool_result' }, { type: 'tool_result' }, { type: 'text', text }]),
      ],
    }),
  },
  {
    name: 'most tokens, temperature',
    request: asked({ max_output_tokens: 321, temperature: 0.25 }),
    chat: () => ({ max_tokens: 321, temperature: 0.25 }),
    anthropic: () => ({ max_tokens: 321, temperature: 0.25 }),
  },
  {
    name: 'a JSON schema',
    request: asked({
      text: { format: { type: 'json_schema', name: 'reply', schema: SCHEMA, strict: true } },
    }),
    chat: () => ({
      response_format: { type: 'json_schema', json_schema: { name: 'reply', schema: SCHEMA, strict: true } },
    }),
    anthropic: () => ({ output_config: { format: { type: 'json_schema', schema: SCHEMA } } }),
  },
  {
    name: 'effort',
    request: asked({ reasoning: { effort: 'high', summary: 'auto' }, max_output_tokens: 30_000 }),
    chat: () => ({}),
    anthropic: () => ({ thinking: { type: /enabled|adaptive/ } }),
  },
  {
    name: 'what is about the answer’s storage, and about who asks',
    request: asked({ store: false, metadata: { team: 'blue' }, user: 'user-17', truncation: 'disabled' }),
    chat: () => ({}),
    anthropic: () => ({ metadata: { user_id: 'user-17' } }),
  },
];

const matrix = await startMatrix(t);

for (const side of [...matrix.sides('responses'), matrix.side('claude')]) {
  for (const stream of [false, true]) {
    t.test(`${side.name}, ${stream ? 'stream' : 'JSON'}`, async (t) => {
      const { responses } = openaiClient(matrix.gateway, side.token);
      for (const { name, request, chat, anthropic } of CASES) {
        const ask = matrix.ask(side, { text: 'Good.' });
        const body = { model: 'auto', ...request(ask.text) };
        const { headers } = ask;
        try {
          const { output_text } = stream
            ? await responses.stream({ ...body, stream: true }, { headers }).finalResponse()
            : await responses.create(body, { headers });
          t.equal(output_text, 'Good.', name);
        } catch (error) {
          t.fail(`${name}: ${error}`);
          continue;
        }
        const expected = { openai: body, 'chat-only': chat(ask.text), anthropic: anthropic(ask.text) };
        const sent = side.name === 'openai' ? ask.sent : flat(ask.sent);
        const { [side.name as keyof typeof expected]: here } = expected;
        t.match(sent, { ...here, model: side.model }, name);
      }
    });
  }
}

t.test('what nobody stores cannot be referred to', async (t) => {
  for (const side of [matrix.side('anthropic'), matrix.side('chat-only')]) {
    const ask = matrix.ask(side, {}, { outcome: 'rejected', status: 400, count_source: 'none' });
    const body = { model: 'auto', input: ask.text, previous_response_id: 'resp_1' };
    const response = await matrix.gateway.post('/v1/responses', side.token, body, ask.headers);
    t.equal(response.status, 400, side.name);
    t.match(await response.json(), {
      error: {
        type: 'invalid_request_error',
        param: 'previous_response_id',
        message: /previous_response_id/,
      },
    });
  }
});

matrix.compareBooks(t);

// What of a messages request reaches an upstream: on an Anthropic one every word, on an OpenAI one what means the same
// there. Both refuse what their real API would.
import type Anthropic from '@anthropic-ai/sdk';
import t from 'tap';
import { MAX_TOKENS, MESSAGES_TOOLS } from '../../fixtures/clients.ts';
import { startMatrix } from '../../fixtures/matrix.ts';
import { flat, PHOTO, PNG, SCHEMA } from '../../fixtures/parts.ts';
import { ANTHROPIC_SDKS, anthropicClient } from '../../fixtures/sdk.ts';

type Request = Partial<Anthropic.MessageCreateParamsNonStreaming>;

interface Case {
  readonly name: string;
  /** @param text that has to be in it somewhere */
  readonly request: (text: string) => Request;
  /** To be found in what an OpenAI upstream gets. @param text as above */
  readonly openai: (text: string) => object;
  /** Which model of the OpenAI upstream; default `openai`. */
  readonly model?: 'reasoner';
  /** Of the Anthropic upstream, where it is not `anthropic`. */
  readonly claude?: 'claude';
}

const user = (content: Anthropic.MessageParam['content']) => ({ role: 'user' as const, content });
const assistant = (content: Anthropic.MessageParam['content']) => ({ role: 'assistant' as const, content });
const text = (text: string) => ({ type: 'text' as const, text });
const use = (id: string, name: string, input: object) => ({ type: 'tool_use' as const, id, name, input });
const result = (tool_use_id: string, content: string) => ({
  ...{ type: 'tool_result' as const, tool_use_id, content },
});
const call = (id: string, name: string, input: object) => ({
  ...{ id, type: 'function', function: { name, arguments: JSON.stringify(input) } },
});
const asked = (request: Request) => (text: string) => ({ messages: [user(text)], ...request });
const choice = (tool_choice: Anthropic.ToolChoice) => asked({ tools: MESSAGES_TOOLS, tool_choice });
const EPHEMERAL = { type: 'ephemeral' as const };

const CASES: readonly Case[] = [
  {
    name: 'a system prompt',
    request: asked({ system: 'Be brief.' }),
    openai: (text) => ({
      messages: [{ role: /system|developer/, content: 'Be brief.' }, user(text)],
      max_tokens: MAX_TOKENS,
    }),
  },
  {
    name: 'blocks of a system prompt',
    request: asked({
      system: [text('Be brief.'), { ...text('Be kind.'), cache_control: EPHEMERAL }],
      cache_control: EPHEMERAL,
    }),
    openai: (text) => ({
      messages: [{ role: /system|developer/, content: /Be brief\.\s+Be kind\./ }, user(text)],
    }),
  },
  {
    name: 'pictures',
    request: (words) => ({
      messages: [
        user([
          text(words),
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
          { type: 'image', source: { type: 'url', url: PHOTO }, cache_control: EPHEMERAL },
        ]),
      ],
    }),
    openai: (words) => ({
      messages: [
        {
          role: 'user',
          content: [
            text(words),
            { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
            { type: 'image_url', image_url: { url: PHOTO } },
          ],
        },
      ],
    }),
  },
  {
    name: 'tools',
    request: asked({ tools: MESSAGES_TOOLS, tool_choice: { type: 'auto' } }),
    openai: () => ({
      tools: MESSAGES_TOOLS.map(({ name, description, input_schema }) => ({
        type: 'function',
        function: { name, description, parameters: input_schema },
      })),
      tool_choice: 'auto',
    }),
  },
  { name: 'no tool', request: choice({ type: 'none' }), openai: () => ({ tool_choice: 'none' }) },
  { name: 'some tool', request: choice({ type: 'any' }), openai: () => ({ tool_choice: 'required' }) },
  {
    name: 'this tool',
    request: choice({ type: 'tool', name: 'open' }),
    openai: () => ({ tool_choice: { type: 'function', function: { name: 'open' } } }),
  },
  {
    name: 'one call at a time',
    request: choice({ type: 'auto', disable_parallel_tool_use: true }),
    openai: () => ({ tool_choice: 'auto', parallel_tool_calls: false }),
  },
  {
    name: 'results of tools, the last first, and words behind them',
    request: (words) => ({
      messages: [
        user('Find and open it.'),
        assistant([text('I will.'), use('toolu_1', 'find', { query: 'it' }), use('toolu_2', 'open', {})]),
        user([result('toolu_2', 'opened'), result('toolu_1', 'found'), text(words)]),
      ],
      tools: MESSAGES_TOOLS,
    }),
    openai: (words) => ({
      messages: [
        user('Find and open it.'),
        {
          ...assistant('I will.'),
          tool_calls: [call('toolu_1', 'find', { query: 'it' }), call('toolu_2', 'open', {})],
        },
        { role: 'tool', tool_call_id: 'toolu_1', content: 'found' },
        { role: 'tool', tool_call_id: 'toolu_2', content: 'opened' },
        user(words),
      ],
    }),
  },
  {
    name: 'a result that is an error, one that is empty, and one of blocks',
    request: (words) => ({
      messages: [
        user(words),
        assistant([use('toolu_1', 'open', {}), use('toolu_2', 'open', {}), use('toolu_3', 'open', {})]),
        user([
          { ...result('toolu_1', 'No such file.'), is_error: true },
          { type: 'tool_result', tool_use_id: 'toolu_2' },
          { type: 'tool_result', tool_use_id: 'toolu_3', content: [text('one'), text('two')] },
        ]),
      ],
      tools: MESSAGES_TOOLS,
    }),
    openai: (words) => ({
      messages: [
        user(words),
        { role: 'assistant' },
        { role: 'tool', tool_call_id: 'toolu_1', content: /No such file\./ },
        { role: 'tool', tool_call_id: 'toolu_2' },
        { role: 'tool', tool_call_id: 'toolu_3', content: /one\s*two/ },
      ],
    }),
  },
  {
    name: 'a picture as a result',
    request: (words) => ({
      messages: [
        user(words),
        assistant([use('toolu_1', 'open', {})]),
        user([
          {
            type: 'tool_result',
            tool_use_id: 'toolu_1',
            content: [
              text('the screen'),
              { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
            ],
          },
        ]),
      ],
      tools: MESSAGES_TOOLS,
    }),
    openai: () => ({ messages: [{}, {}, { role: 'tool', tool_call_id: 'toolu_1' }] }),
  },
  {
    name: 'a conversation that goes on where the assistant stopped',
    request: (words) => ({ messages: [user(words), assistant('It begins with')] }),
    openai: (words) => ({ messages: [user(words), assistant('It begins with')] }),
  },
  {
    name: 'stop sequences',
    request: asked({ stop_sequences: ['END', 'FIN'] }),
    openai: () => ({ stop: ['END', 'FIN'] }),
  },
  {
    name: 'temperature and top_p, but no top_k',
    // Of the two SDKs only the older one has types for them.
    request: asked({ temperature: 0.25, top_p: 0.75, top_k: 40 } as Request),
    openai: () => ({ temperature: 0.25, top_p: 0.75 }),
  },
  {
    name: 'a user',
    request: asked({ metadata: { user_id: 'user-17' }, service_tier: 'auto' }),
    openai: () => ({ user: 'user-17' }),
  },
  {
    name: 'a JSON schema',
    request: asked({ output_config: { format: { type: 'json_schema', schema: SCHEMA } } }),
    openai: () => ({ response_format: { type: 'json_schema', json_schema: { schema: SCHEMA } } }),
  },
  {
    name: 'a thinking budget',
    request: asked({ thinking: { type: 'enabled', budget_tokens: 10_000 }, max_tokens: 20_000 }),
    openai: () => ({ reasoning_effort: /low|medium|high/, max_completion_tokens: 20_000 }),
    model: 'reasoner',
  },
  {
    name: 'effort',
    request: asked({ thinking: { type: 'adaptive' }, output_config: { effort: 'high' } }),
    openai: () => ({ reasoning_effort: 'high', max_completion_tokens: MAX_TOKENS }),
    model: 'reasoner',
    claude: 'claude',
  },
  { name: 'no thinking', request: asked({ thinking: { type: 'disabled' } }), openai: () => ({}) },
];

const matrix = await startMatrix(t);

for (const { version, sdk } of ANTHROPIC_SDKS) {
  for (const side of matrix.sides('messages')) {
    for (const stream of [false, true]) {
      t.test(`${version} → ${side.name}, ${stream ? 'stream' : 'JSON'}`, async (t) => {
        const direct = side.name === 'anthropic';
        for (const { name, request, openai, model = 'openai', claude = 'anthropic' } of CASES) {
          const ask = matrix.ask(matrix.side(direct ? claude : model), { text: 'Good.' });
          const { messages } = anthropicClient(matrix.gateway, ask.side.token, {}, sdk);
          const { headers } = ask;
          const body = { model: 'auto', max_tokens: MAX_TOKENS, messages: [], ...request(ask.text) };
          try {
            const message = stream
              ? await messages.stream(body, { headers }).finalMessage()
              : await messages.create(body, { headers });
            t.match(message.content, [{ type: 'text', text: 'Good.' }], name);
          } catch (error) {
            t.fail(`${name}: ${error}`);
            continue;
          }
          const expected = direct ? body : openai(ask.text);
          t.match(direct ? ask.sent : flat(ask.sent), { ...expected, model: ask.side.model }, name);
        }
      });
    }
  }
}

matrix.compareBooks(t);

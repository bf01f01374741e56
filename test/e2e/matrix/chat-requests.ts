// What of a chat completion request reaches an upstream: on an OpenAI one every word, on an Anthropic one what means the
// same there. Both refuse what their real API would.
import type OpenAI from 'openai';
import t from 'tap';
import { CHAT_TOOLS } from '../../fixtures/clients.ts';
import { startMatrix } from '../../fixtures/matrix.ts';
import { flat, PHOTO, PNG, SCHEMA, textIn } from '../../fixtures/parts.ts';
import { openaiClient } from '../../fixtures/sdk.ts';

type Request = Partial<OpenAI.ChatCompletionCreateParamsNonStreaming>;

const BOUNDED = { type: 'object', properties: { stars: { type: 'integer', minimum: 1, maximum: 5 } } };

interface Case {
  readonly name: string;
  /** @param text that has to be in it somewhere */
  readonly request: (text: string) => Request;
  /** To be found in what an Anthropic upstream gets. @param text as above */
  readonly anthropic: (text: string) => object;
  /** Members that an Anthropic upstream must not get. */
  readonly without?: readonly string[];
}

const user = (content: string) => ({ role: 'user' as const, content });
const call = (id: string, name: string, input: object) => ({
  ...{ id, type: 'function' as const },
  function: { name, arguments: JSON.stringify(input) },
});
const answer = (id: string, content: string) => ({ role: 'tool' as const, tool_call_id: id, content });
const toolUse = (id: string, name: string, input: object) => ({ type: 'tool_use', id, name, input });
const choice = (tool_choice: OpenAI.ChatCompletionToolChoiceOption) => (text: string) => ({
  ...{ messages: [user(text)], tools: CHAT_TOOLS, tool_choice },
});
const asked = (request: Request) => (text: string) => ({ messages: [user(text)], ...request });

const CASES: readonly Case[] = [
  {
    name: 'system prompts, wherever they stand',
    request: (text) => ({
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'developer', content: [{ type: 'text', text: 'Be kind.' }] },
        user(text),
      ],
    }),
    anthropic: (text) => ({ system: /Be brief\.\s+Be kind\./, messages: [{ role: 'user', content: text }] }),
  },
  {
    name: 'pictures',
    request: (text) => ({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}`, detail: 'low' } },
            { type: 'image_url', image_url: { url: PHOTO } },
          ],
        },
      ],
    }),
    anthropic: (text) => ({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text },
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
            { type: 'image', source: { type: 'url', url: PHOTO } },
          ],
        },
      ],
    }),
  },
  {
    name: 'tools',
    request: choice('auto'),
    anthropic: () => ({
      tools: CHAT_TOOLS.map(({ function: { name, description, parameters } }) => ({
        ...{ name, description },
        input_schema: parameters,
      })),
      tool_choice: { type: 'auto' },
    }),
  },
  { name: 'no tool', request: choice('none'), anthropic: () => ({ tool_choice: { type: 'none' } }) },
  { name: 'some tool', request: choice('required'), anthropic: () => ({ tool_choice: { type: 'any' } }) },
  {
    name: 'this tool',
    request: choice({ type: 'function', function: { name: 'open' } }),
    anthropic: () => ({ tool_choice: { type: 'tool', name: 'open' } }),
  },
  {
    name: 'one call at a time',
    request: (text) => ({ messages: [user(text)], tools: CHAT_TOOLS, parallel_tool_calls: false }),
    anthropic: () => ({ tool_choice: { type: 'auto', disable_parallel_tool_use: true } }),
  },
  {
    name: 'a tool without parameters',
    request: (text) => ({
      messages: [user(text)],
      tools: [{ type: 'function', function: { name: 'now' } }],
    }),
    anthropic: () => ({ tools: [{ name: 'now', input_schema: { type: 'object' } }] }),
  },
  {
    name: 'results of tools, the last first',
    request: (text) => ({
      messages: [
        user('Find and open it.'),
        {
          role: 'assistant',
          content: 'I will.',
          tool_calls: [call('call_1', 'find', { query: 'it' }), call('call_2', 'open', {})],
        },
        answer('call_2', 'opened'),
        answer('call_1', 'found'),
        user(text),
      ],
      tools: CHAT_TOOLS,
    }),
    anthropic: () => ({
      messages: [
        { role: 'user' },
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'I will.' },
            toolUse('call_1', 'find', { query: 'it' }),
            toolUse('call_2', 'open', {}),
          ],
        },
        { role: 'user' },
      ],
    }),
  },
  {
    name: 'calls of several rounds',
    request: (text) => ({
      messages: [
        user(text),
        { role: 'assistant', content: null, tool_calls: [call('call_1', 'find', { query: 'a' })] },
        answer('call_1', 'nothing'),
        { role: 'assistant', content: '', tool_calls: [call('call_2', 'find', { query: 'b' })] },
        answer('call_2', ''),
      ],
      tools: CHAT_TOOLS,
    }),
    anthropic: () => ({
      messages: [
        { role: 'user' },
        { role: 'assistant', content: [toolUse('call_1', 'find', { query: 'a' })] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_1' }] },
        { role: 'assistant', content: [toolUse('call_2', 'find', { query: 'b' })] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'call_2' }] },
      ],
    }),
  },
  {
    name: 'what one side says in two messages',
    request: (text) => ({
      messages: [user('One.'), user(text), { role: 'assistant', content: 'Three.' }, user('Four.')],
    }),
    anthropic: () => ({}),
  },
  {
    name: 'a last message of the assistant’s',
    request: (text) => ({ messages: [user(text), { role: 'assistant', content: 'Well,' }] }),
    anthropic: (text) => ({ messages: [user(text), { role: 'assistant', content: 'Well,' }] }),
  },
  {
    name: 'a stop sequence',
    request: asked({ stop: 'END' }),
    anthropic: () => ({ stop_sequences: ['END'] }),
  },
  {
    name: 'stop sequences',
    request: asked({ stop: ['END', 'FIN'] }),
    anthropic: () => ({ stop_sequences: ['END', 'FIN'] }),
  },
  { name: 'max_tokens', request: asked({ max_tokens: 321 }), anthropic: () => ({ max_tokens: 321 }) },
  {
    name: 'no limit, where Anthropic wants one',
    request: asked({}),
    anthropic: () => ({ max_tokens: Number }),
  },
  {
    name: 'max_completion_tokens',
    request: asked({ max_completion_tokens: 123 }),
    anthropic: () => ({ max_tokens: 123 }),
    without: ['max_completion_tokens'],
  },
  {
    name: 'top_p',
    request: asked({ top_p: 0.75 }),
    anthropic: () => ({ top_p: 0.75 }),
  },
  {
    name: 'temperature and top_p, which Anthropic does not take together',
    request: asked({ temperature: 0.25, top_p: 0.75 }),
    anthropic: () => ({ temperature: 0.25 }),
    without: ['top_p'],
  },
  {
    name: 'more temperature than Anthropic has',
    request: asked({ temperature: 1.7 }),
    anthropic: () => ({ temperature: 1 }),
  },
  {
    name: 'a user',
    request: asked({ user: 'user-17' }),
    anthropic: () => ({ metadata: { user_id: 'user-17' } }),
    without: ['user'],
  },
  {
    name: 'metadata and what else OpenAI alone knows',
    request: asked({ metadata: { team: 'blue' }, store: false, seed: 7, prompt_cache_key: 'k' }),
    anthropic: () => ({}),
    without: ['store', 'seed', 'prompt_cache_key'],
  },
  {
    name: 'a JSON schema',
    request: asked({
      response_format: { type: 'json_schema', json_schema: { name: 'reply', schema: SCHEMA, strict: true } },
    }),
    anthropic: () => ({ output_config: { format: { type: 'json_schema', schema: SCHEMA } } }),
    without: ['response_format'],
  },
  {
    name: 'a JSON schema with more than Anthropic enforces',
    request: asked({
      response_format: { type: 'json_schema', json_schema: { name: 'reply', schema: BOUNDED } },
    }),
    anthropic: () => ({
      output_config: {
        format: { schema: { properties: { stars: { description: '{minimum: 1, maximum: 5}' } } } },
      },
    }),
    without: ['response_format'],
  },
  {
    name: 'effort',
    request: asked({ reasoning_effort: 'high', max_completion_tokens: 30_000 }),
    anthropic: () => ({ thinking: { type: /enabled|adaptive/ } }),
    without: ['reasoning_effort'],
  },
  {
    name: 'effort, with settings that thinking does not go with',
    request: asked({ reasoning_effort: 'low', temperature: 0.3, max_completion_tokens: 500 }),
    anthropic: () => ({}),
    without: ['reasoning_effort'],
  },
];

const matrix = await startMatrix(t);

for (const side of [...matrix.sides('chat'), matrix.side('claude')]) {
  for (const stream of [false, true]) {
    t.test(`${side.name}, ${stream ? 'stream' : 'JSON'}`, async (t) => {
      const { completions } = openaiClient(matrix.gateway, side.token).chat;
      for (const { name, request, anthropic, without = [] } of CASES) {
        // Which that model would refuse, relayed as it is.
        if (side.name === 'openai' && name.startsWith('effort')) continue;
        const ask = matrix.ask(side, { text: 'Good.' });
        const { messages = [], ...more } = request(ask.text);
        const body = { model: 'auto', messages, ...more };
        const { headers } = ask;
        try {
          const completion = stream
            ? await completions.stream({ ...body, stream: true }, { headers }).finalChatCompletion()
            : await completions.create(body, { headers });
          t.equal(completion.choices[0]!.message.content, 'Good.', name);
        } catch (error) {
          t.fail(`${name}: ${error}`);
          continue;
        }
        const { sent } = ask;
        if (side.name === 'openai') t.match(sent, { ...body, model: side.model }, `${name}: as it was`);
        else if (side.name === 'claude') {
          const effort = more.reasoning_effort;
          const thinking = { type: 'adaptive', display: 'summarized' };
          t.match(sent, { model: side.model, ...(effort && { thinking, output_config: { effort } }) }, name);
        } else {
          t.match(flat(sent), { model: side.model, ...anthropic(ask.text) }, name);
          t.strictSame(
            without.filter((member) => member in sent),
            [],
            name,
          );
        }
      }
    });
  }
}

t.test('tool results stand in the order that Anthropic asks for', async (t) => {
  const ask = matrix.ask(matrix.side('anthropic'), { text: 'Good.' });
  const { completions } = openaiClient(matrix.gateway, matrix.side('anthropic').token).chat;
  const { request } = CASES.find(({ name }) => name.startsWith('results'))!;
  await completions.create({ messages: [], ...request(ask.text), model: 'auto' }, { headers: ask.headers });
  const [results, ...others] = ask.sent.messages.slice(2);
  t.strictSame(others, [], 'one message has them all, and what the user said then');
  const blocks = results!.content as Record<string, unknown>[];
  t.strictSame(
    blocks
      .slice(0, 2)
      .map((block) => [block.type, block.tool_use_id, textIn(block.content)])
      .sort(),
    [
      ['tool_result', 'call_1', 'found'],
      ['tool_result', 'call_2', 'opened'],
    ],
  );
  t.match(blocks.slice(2), [{ type: 'text', text: ask.text }]);
});

matrix.compareBooks(t);

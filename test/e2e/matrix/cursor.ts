// What Cursor sends to the chat completions route: `input` beside or instead of `messages`, flat tools, Anthropic's blocks.
// It wants chunks of chat completions back.
import t from 'tap';
import { MAX_TOKENS, MESSAGES_TOOLS, TOOLS } from '../../fixtures/clients.ts';
import { startMatrix } from '../../fixtures/matrix.ts';
import { flat, PNG } from '../../fixtures/parts.ts';

interface Case {
  readonly name: string;
  /** @param text that has to be in it somewhere */
  readonly body: (text: string) => object;
  /** To be found in what an Anthropic upstream gets. @param text as above */
  readonly anthropic: (text: string) => object;
}

const user = (content: unknown) => ({ role: 'user', content });
const toolUse = { type: 'tool_use', id: 'toolu_1', name: 'open', input: { query: 'x' } };
const toolResult = { type: 'tool_result', tool_use_id: 'toolu_1', content: 'opened' };
const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } };

const CASES: readonly Case[] = [
  {
    name: 'input in place of messages',
    body: (text) => ({ input: [{ role: 'system', content: 'Be brief.' }, user(text)] }),
    anthropic: (text) => ({ system: 'Be brief.', messages: [user(text)] }),
  },
  {
    name: 'input that is a text',
    body: (text) => ({ input: text }),
    anthropic: (text) => ({ messages: [user(text)] }),
  },
  {
    name: 'input beside empty messages',
    body: (text) => ({ messages: [], input: [user([{ type: 'input_text', text }])] }),
    anthropic: (text) => ({ messages: [user(text)] }),
  },
  {
    name: 'the same in both',
    body: (text) => ({ messages: [user(text)], input: [user(text)] }),
    anthropic: (text) => ({ messages: [user(text)] }),
  },
  {
    name: 'calls as items of input',
    body: (text) => ({
      input: [
        user(text),
        { type: 'function_call', call_id: 'toolu_1', name: 'open', arguments: '{"query":"x"}' },
        { type: 'function_call_output', call_id: 'toolu_1', output: 'opened' },
      ],
      tools: TOOLS.map((tool) => ({ type: 'function', ...tool })),
      tool_choice: 'auto',
    }),
    anthropic: (text) => ({
      messages: [
        user(text),
        { role: 'assistant', content: [toolUse] },
        user([{ type: 'tool_result', tool_use_id: 'toolu_1' }]),
      ],
      tools: MESSAGES_TOOLS,
    }),
  },
  {
    name: 'flat tools in the manner of Anthropic',
    body: (text) => ({ messages: [user(text)], tools: MESSAGES_TOOLS, tool_choice: { type: 'auto' } }),
    anthropic: () => ({ tools: MESSAGES_TOOLS, tool_choice: { type: 'auto' } }),
  },
  {
    name: 'a choice of tool in the manner of Anthropic',
    body: (text) => ({ messages: [user(text)], tools: MESSAGES_TOOLS, tool_choice: { type: 'any' } }),
    anthropic: () => ({ tool_choice: { type: 'any' } }),
  },
  {
    name: 'blocks in the manner of Anthropic',
    body: (text) => ({
      system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
      max_tokens: MAX_TOKENS,
      messages: [
        user([{ type: 'text', text, cache_control: { type: 'ephemeral' } }, image]),
        { role: 'assistant', content: [{ type: 'text', text: 'I will.' }, toolUse] },
        user([toolResult, { type: 'text', text: 'And now?' }]),
      ],
      tools: MESSAGES_TOOLS,
    }),
    anthropic: (text) => ({
      system: 'Be brief.',
      messages: [
        user([{ type: 'text', text, cache_control: { type: 'ephemeral' } }, image]),
        { role: 'assistant', content: [{ type: 'text', text: 'I will.' }, toolUse] },
        user([
          { type: 'tool_result', tool_use_id: 'toolu_1' },
          { type: 'text', text: 'And now?' },
        ]),
      ],
    }),
  },
];

const CALL = { name: 'open', arguments: { query: 'ä "b"' } };
const matrix = await startMatrix(t);

/** The deltas of a stream, put together by hand: Cursor has no SDK. */
function readChunks(text: string) {
  const events = text.split('\n\n').filter((event) => event !== '' && !event.startsWith(':'));
  const end = events.pop();
  const chunks = events.map((event) => JSON.parse(event.replace(/^data: /, '')));
  const deltas = chunks.map(({ choices }) => choices[0].delta);
  return {
    end,
    objects: new Set(chunks.map(({ object }) => object)),
    content: deltas.map(({ content }) => content ?? '').join(''),
    json: deltas.map(({ tool_calls }) => tool_calls?.[0].function.arguments ?? '').join(''),
    names: deltas.flatMap(({ tool_calls }) => tool_calls?.[0].function.name ?? []),
    finish: chunks.at(-1).choices[0].finish_reason,
  };
}

for (const side of matrix.sides('chat')) {
  t.test(side.name, async (t) => {
    for (const { name, body, anthropic } of CASES) {
      const ask = matrix.ask(side, { text: 'Good. ', tools: [CALL] });
      const request = { model: 'auto', stream: true, ...body(ask.text) };
      const response = await matrix.gateway.post('/v1/chat/completions', side.token, request, ask.headers);
      const text = await response.text();
      t.equal(response.status, 200, name);
      if (response.status !== 200) {
        t.fail(`${name}: ${text}`);
        continue;
      }
      const { json, ...read } = readChunks(text);
      t.strictSame(read, {
        ...{ end: 'data: [DONE]', objects: new Set(['chat.completion.chunk']) },
        ...{ content: 'Good. ', names: ['open'], finish: 'tool_calls' },
      });
      t.strictSame(JSON.parse(json), CALL.arguments);
      if (side.name === 'anthropic') t.match(flat(ask.sent), anthropic(ask.text), name);
    }
  });
}

matrix.compareBooks(t);

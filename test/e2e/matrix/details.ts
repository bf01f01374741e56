// What only some answers have: thinking, refusals, accents of vendors, stop sequences, structured output; and usage that
// was asked for or not.
import t, { type Test } from 'tap';
import type { Script } from '../../../sim/script.ts';
import { CLIENTS, type Client, MAX_TOKENS } from '../../fixtures/clients.ts';
import { type Side, startMatrix } from '../../fixtures/matrix.ts';
import type { Said } from '../../fixtures/said.ts';
import { ANTHROPIC_SDKS, anthropicClient, openaiClient } from '../../fixtures/sdk.ts';

const THINKING = 'What would they like to read? ';
const REFUSAL = 'I will not talk about that.';
const CALLS = [{ name: 'find', arguments: { query: 'x' } }];
const INPUTS = [{ name: 'find', input: { query: 'x' } }];
const matrix = await startMatrix(t);

/** Each client at each of its sides, as JSON and as a stream. */
function everywhere(
  name: string,
  scriptFor: (side: Side) => Script | undefined,
  check: (t: Test, said: Said, client: Client, side: Side) => void,
): void {
  t.test(name, async (t) => {
    const asked = CLIENTS.flatMap((client) => matrix.sides(client.api).map((side) => ({ client, side })));
    for (const { client, side } of asked) {
      const script = scriptFor(side);
      if (script === undefined) continue;
      for (const stream of [false, true]) {
        const title = `${client.name} → ${side.name}, ${stream ? 'stream' : 'JSON'}`;
        await t.test(title, async (t) => {
          check(t, await client.ask(matrix.ask(side, script), stream), client, side);
        });
      }
    }
  });
}

everywhere(
  'thinking is kept apart from what is said',
  () => ({ thinking: THINKING, text: 'This.', tools: CALLS }),
  (t, said) => t.match(said, { reasoning: THINKING, text: 'This.', calls: INPUTS, finish: 'calls' }),
);

everywhere(
  'thinking that cannot be read leaves the rest as it is',
  ({ name }) => (name === 'anthropic' ? { redacted: true, thinking: THINKING, text: 'This.' } : undefined),
  (t, said) => t.match(said, { reasoning: THINKING, text: 'This.', finish: 'stop' }),
);

everywhere(
  'a refusal does not pass for an answer',
  () => ({ refusal: REFUSAL }),
  (t, { finish, refusal, text }, { name }, side) => {
    // The ai package shows refusals of its OpenAI providers neither as text nor as a reason to finish.
    if (name.startsWith('ai, OpenAI') && side.name !== 'anthropic') return;
    t.ok(finish === 'refusal' || refusal !== '', 'it can be told from an answer', { finish, refusal, text });
    // The same package has no place for the explanation that Anthropic gives.
    if (!name.startsWith('ai')) t.equal(refusal || text, REFUSAL, 'and it says why');
  },
);

everywhere(
  'accents of vendors',
  ({ name }) => (name === 'chat-only' ? { vendor: 'gemini', text: 'This.', tools: CALLS } : undefined),
  (t, said) => t.match(said, { text: 'This.', calls: INPUTS, finish: 'calls' }),
);

for (const vendor of ['gemini', 'deepseek', 'xai', 'openrouter', 'copilot'] as const) {
  t.test(`messages from ${vendor}`, async (t) => {
    for (const client of CLIENTS.filter(({ api }) => api === 'messages')) {
      for (const stream of [false, true]) {
        const script: Script = { vendor, thinking: THINKING, text: 'This.', tools: [...CALLS, ...CALLS] };
        const said = await client.ask(matrix.ask(matrix.side('openai'), script), stream);
        const reasoning = vendor === 'gemini' ? '' : THINKING;
        t.match(said, { reasoning, text: 'This.', calls: [...INPUTS, ...INPUTS], finish: 'calls' });
        t.equal(new Set(said.calls.map(({ id }) => id)).size, 2, 'two calls, two ids');
      }
    }
  });
}

t.test('a stop sequence that was met', async (t) => {
  const script: Script = { text: 'one, two', stop: 'stop_sequence', stopSequence: 'three' };
  for (const stream of [false, true]) {
    const ask = matrix.ask(matrix.side('anthropic'), script);
    const { chat } = openaiClient(ask, ask.side.token);
    const request = {
      ...{ model: 'auto', stop: ['three'] },
      messages: [{ role: 'user' as const, content: ask.text }],
    };
    const { headers } = ask;
    const { choices } = stream
      ? await chat.completions.stream({ ...request, stream: true }, { headers }).finalChatCompletion()
      : await chat.completions.create(request, { headers });
    t.match(choices, [{ finish_reason: 'stop', message: { content: 'one, two' } }]);
  }
});

for (const usage of [undefined, false, true]) {
  t.test(`chat completions, include_usage ${usage}`, async (t) => {
    for (const side of matrix.sides('chat')) {
      const ask = matrix.ask(side, { text: 'a b', tools: CALLS });
      const stream = await openaiClient(ask, side.token).chat.completions.create(
        {
          ...{ model: 'auto', stream: true, messages: [{ role: 'user', content: ask.text }] },
          ...(usage !== undefined && { stream_options: { include_usage: usage } }),
        },
        { headers: ask.headers },
      );
      const chunks = [];
      for await (const chunk of stream) chunks.push(chunk);
      if (usage === true) {
        const { input, output } = ask.entry.reported!;
        const last = chunks.pop()!;
        t.match(last, { choices: [], usage: { prompt_tokens: input, completion_tokens: output } });
        t.equal(last.usage!.total_tokens, input + output);
      }
      t.ok(
        chunks.every(({ choices, usage }) => choices.length === 1 && usage == null),
        `${side.name}: a choice and no usage in every other chunk`,
      );
      t.equal(new Set(chunks.map(({ id, created, model }) => `${id} ${created} ${model}`)).size, 1);
      t.equal(chunks.at(-1)!.choices[0]!.finish_reason, 'tool_calls');
      t.equal(chunks.filter(({ choices }) => choices[0]!.finish_reason !== null).length, 1);
      t.equal(chunks[0]!.choices[0]!.delta.role, 'assistant');
    }
  });
}

t.test(
  'a message has its usage when it begins and when it ends, and cached tokens on their own',
  async (t) => {
    const usage = { input: 5_000, output: 70, cacheRead: 3_000 };
    for (const side of matrix.sides('messages')) {
      for (const { sdk } of ANTHROPIC_SDKS) {
        const ask = matrix.ask(side, { text: 'a b', usage });
        const events = [];
        const stream = await anthropicClient(ask, side.token, {}, sdk).messages.create(
          {
            ...{ model: 'auto', max_tokens: MAX_TOKENS, stream: true },
            messages: [{ role: 'user', content: ask.text }],
          },
          { headers: ask.headers },
        );
        for await (const event of stream) events.push(event);
        const types = events.map(({ type }) => type).filter((type) => type !== ('ping' as string));
        t.strictSame(types, [
          ...['message_start', 'content_block_start', 'content_block_delta', 'content_block_delta'],
          ...['content_block_stop', 'message_delta', 'message_stop'],
        ]);
        t.match(events[0], { message: { usage: { input_tokens: Number, output_tokens: Number } } });
        const end = events.find(({ type }) => type === 'message_delta');
        t.match(end, { delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 70 } });
        if (side.name === 'openai') {
          t.match(end, { usage: { input_tokens: 2_000, cache_read_input_tokens: 3_000 } });
        }
      }
    }
  },
);

matrix.compareBooks(t);

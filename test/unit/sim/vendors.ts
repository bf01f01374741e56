// Chat completions with an accent: what OpenRouter, Gemini, Copilot, DeepSeek and xAI do that OpenAI does not.
import OpenAI from 'openai';
import t from 'tap';
import { type Script, scriptText } from '../../../sim/script.ts';
import { startSimulator } from '../../../sim/simulator.ts';

const simulator = await startSimulator({ dialect: 'openai' });
t.teardown(() => simulator.close());
const client = new OpenAI({ baseURL: `${simulator.url}/v1`, apiKey: 'key', maxRetries: 0 });
const messages = (script: Script) => [{ role: 'user' as const, content: scriptText(script) }];
const tools = [
  { name: 'search', arguments: { query: 'weather in Ulm' } },
  { name: 'clock', arguments: { zone: 'Europe/Berlin' } },
];

interface Delta {
  readonly content?: string | null;
  readonly reasoning?: string;
  readonly reasoning_content?: string;
  readonly reasoning_details?: readonly { readonly text: string }[];
  readonly tool_calls?: readonly {
    readonly index?: number;
    readonly function: { readonly arguments: string };
  }[];
}

async function stream(script: Script) {
  const chunks = [];
  const events = await client.chat.completions.create({
    model: 'm',
    messages: messages(script),
    stream: true,
  });
  for await (const chunk of events) chunks.push(chunk);
  return { chunks, deltas: chunks.map(({ choices }) => (choices[0]?.delta ?? {}) as Delta) };
}

t.test('Gemini: whole calls without an index, and usage in every chunk', async (t) => {
  const { chunks, deltas } = await stream({ vendor: 'gemini', thinking: 'hm', tools });
  const calls = deltas.flatMap(({ tool_calls = [] }) => tool_calls);
  t.same(
    calls.map((call) => JSON.parse(call.function.arguments)),
    tools.map((tool) => tool.arguments),
  );
  t.notOk(calls.some((call) => 'index' in call));
  t.match(calls[0], { extra_content: { google: { thought_signature: String } } });
  t.notOk('extra_content' in calls[1]!, 'only the first is signed');
  t.ok(chunks.every(({ usage }) => usage));
  t.notMatch(JSON.stringify(chunks), /reasoning_content/);
});

t.test('Gemini: the signature must come back on the call', async (t) => {
  const script: Script = { vendor: 'gemini', tools, next: { vendor: 'gemini', text: 'Rain.' } };
  const ask = messages(script);
  const first = await client.chat.completions.create({ model: 'm', messages: ask });
  const said = first.choices[0]!.message;
  const results = said.tool_calls!.map(({ id }) => ({
    role: 'tool' as const,
    tool_call_id: id,
    content: 'wet',
  }));
  const again = await client.chat.completions.create({ model: 'm', messages: [...ask, said, ...results] });
  t.equal(again.choices[0]!.message.content, 'Rain.');

  const tool_calls = said.tool_calls!.map((call) => ({ ...call, extra_content: undefined }));
  const stripped = [...ask, { ...said, tool_calls }, ...results];
  const response = await fetch(`${simulator.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', messages: stripped }),
  });
  t.equal(response.status, 400);
  t.match(await response.json(), [
    {
      error: {
        code: 400,
        status: 'INVALID_ARGUMENT',
        message: /missing a thought_signature .*`default_api:search`/,
      },
    },
  ]);
});

t.test('DeepSeek and xAI: reasoning_content', async (t) => {
  for (const vendor of ['deepseek', 'xai'] as const) {
    const { deltas } = await stream({ vendor, thinking: 'let me see', text: 'Yes.' });
    t.equal(deltas.map(({ reasoning_content = '' }) => reasoning_content).join(''), 'let me see');
    t.equal(deltas.map(({ content }) => content ?? '').join(''), 'Yes.');
  }
});

t.test('OpenRouter: reasoning with details, comments, and errors with status 200', async (t) => {
  const { deltas } = await stream({
    id: 'router',
    vendor: 'openrouter',
    thinking: 'let me see',
    text: 'Yes.',
  });
  t.equal(deltas.map(({ reasoning = '' }) => reasoning).join(''), 'let me see');
  t.equal(
    deltas.flatMap(({ reasoning_details = [] }) => reasoning_details.map(({ text }) => text)).join(''),
    'let me see',
  );
  const { sent } = await simulator.until('finished', 'router');
  t.equal(sent.toString().match(/^: OPENROUTER PROCESSING\n\n/gm)?.length, 2);
  await t.rejects(stream({ id: 'broken', vendor: 'openrouter', fault: 'error-event' }), {
    message: /mid-stream/,
  });
  const broken = (await simulator.until('finished', 'broken')).sent.toString();
  t.match(broken, /"error":\{"code":"server_error".*"finish_reason":"error"/);
});

t.test('Copilot: no model, a first chunk without choices, content filters', async (t) => {
  const { chunks } = await stream({ vendor: 'copilot', text: 'Yes.' });
  t.match(chunks[0], { choices: [], prompt_filter_results: Array });
  t.ok(chunks.every(({ model }) => model === ''));
  t.match(chunks[2]?.choices[0], {
    content_filter_offsets: {},
    content_filter_results: { hate: { filtered: false } },
  });
  t.match(chunks.at(-1), { choices: [{ finish_reason: 'stop' }], usage: Object });
});

t.test('interleaved: the arguments of several calls come in turns', async (t) => {
  const { deltas } = await stream({ tools, interleaved: true });
  const calls = deltas.flatMap(({ tool_calls = [] }) => tool_calls);
  t.same(
    calls.slice(0, 6).map(({ index }) => index),
    [0, 1, 0, 1, 0, 1],
  );
  const joined = [0, 1].map((index) =>
    calls.map((call) => (call.index === index ? call.function.arguments : '')).join(''),
  );
  t.same(
    joined.map((json) => JSON.parse(json)),
    tools.map((tool) => tool.arguments),
  );
});

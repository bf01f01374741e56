// The official OpenAI client takes the simulator for the real thing, and the books agree with what it read.
import OpenAI from 'openai';
import t from 'tap';
import { type Script, scriptText } from '../../../sim/script.ts';
import { startSimulator } from '../../../sim/simulator.ts';

const simulator = await startSimulator({ dialect: 'openai', models: ['small', 'large'] });
t.teardown(() => simulator.close());
const client = new OpenAI({ baseURL: `${simulator.url}/v1`, apiKey: 'key', maxRetries: 2 });

const messages = (script: Script) => [{ role: 'user' as const, content: scriptText(script) }];

async function stream(script: Script, includeUsage: boolean) {
  const chunks = [];
  const events = await client.chat.completions.create({
    model: 'small',
    messages: messages(script),
    stream: true,
    ...(includeUsage && { stream_options: { include_usage: true } }),
  });
  for await (const chunk of events) chunks.push(chunk);
  return chunks;
}

const textOf = (chunks: Awaited<ReturnType<typeof stream>>): string =>
  chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');

t.test('JSON', async (t) => {
  const usage = { input: 100, output: 50, cacheRead: 30, reasoning: 20 };
  const answer = await client.chat.completions.create({
    model: 'small',
    messages: messages({ id: 'json', text: 'Good day.', usage }),
  });
  t.match(answer, {
    object: 'chat.completion',
    model: 'small',
    choices: [{ message: { role: 'assistant', content: 'Good day.' }, finish_reason: 'stop' }],
    usage: {
      prompt_tokens: 100,
      completion_tokens: 50,
      total_tokens: 150,
      prompt_tokens_details: { cached_tokens: 30 },
      completion_tokens_details: { reasoning_tokens: 20 },
    },
  });
  const entry = await simulator.until('finished', 'json');
  t.same(entry.reported, { ...usage, cacheWrite: 0 });
  t.match(entry, {
    model: 'small',
    stream: false,
    status: 200,
    text: 'Good day.',
    path: '/v1/chat/completions',
  });
  t.equal(entry.authorization, 'Bearer key');
  t.equal(entry.sent.toString(), JSON.stringify(answer), 'byte for byte');
});

t.test('a stream', async (t) => {
  const chunks = await stream({ id: 'stream', chunks: 7, chunkBytes: 20 }, false);
  t.equal(textOf(chunks).length, 140);
  t.equal(chunks[0]?.choices[0]?.delta.role, 'assistant');
  t.equal(chunks.at(-1)?.choices[0]?.finish_reason, 'stop');
  t.ok(chunks.every((chunk) => !('usage' in chunk) && chunk.choices.length === 1));
  const entry = await simulator.until('finished', 'stream');
  t.match(entry, { chunks: 7, text: textOf(chunks), stream: true });
  t.equal(entry.reported, undefined);
});

t.test('a stream with usage, which has a chunk of its own', async (t) => {
  const chunks = await stream({ id: 'usage', text: 'one two three' }, true);
  const last = chunks.pop();
  t.same(last?.choices, []);
  t.match(last?.usage, { completion_tokens: 4 }, 'one token for four bytes');
  t.ok(chunks.every(({ usage }) => usage === null));
  const entry = await simulator.until('finished', 'usage');
  t.equal(entry.reported?.output, 4);
});

t.test('a stream that never reports usage', async (t) => {
  const chunks = await stream({ usage: false }, true);
  t.ok(chunks.every((chunk) => !('usage' in chunk)));
});

t.test('a stream with a running total in every chunk', async (t) => {
  const chunks = await stream({ text: 'one two three', usageShape: 'every-chunk' }, false);
  const totals = chunks.map(({ usage }) => usage?.completion_tokens ?? Number.NaN);
  t.same(
    totals,
    totals.toSorted((a, b) => a - b),
  );
  t.equal(totals.at(-1), 4);
});

t.test('a stream with usage beside the finish reason', async (t) => {
  const chunks = await stream({ text: 'one two three', usageShape: 'finish-chunk' }, false);
  t.match(chunks.at(-1), { choices: [{ finish_reason: 'stop' }], usage: { completion_tokens: 4 } });
  t.equal(chunks.filter(({ usage }) => usage).length, 1);
});

t.test('tool calls', async (t) => {
  const tools = [
    { name: 'search', arguments: { query: 'weather in Ulm', limit: 3 } },
    { name: 'clock', arguments: {} },
  ];
  const { choices } = await client.chat.completions.create({ model: 'small', messages: messages({ tools }) });
  const calls = choices[0]?.message.tool_calls?.map((call) =>
    call.type === 'function' ? call.function : {},
  );
  const expected = tools.map((tool) => ({ name: tool.name, arguments: JSON.stringify(tool.arguments) }));
  t.same(calls, expected);

  const streamed = client.chat.completions.stream({ model: 'small', messages: messages({ tools }) });
  const final = await streamed.finalChatCompletion();
  t.equal(final.choices[0]?.finish_reason, 'tool_calls');
  t.match(
    final.choices[0]?.message.tool_calls?.map((call) => (call.type === 'function' ? call.function : {})),
    expected,
  );
});

t.test('thinking comes as reasoning_content', async (t) => {
  const chunks = await stream({ thinking: 'let me see', text: 'Yes.' }, false);
  const deltas = chunks.map(({ choices }) => choices[0]?.delta as { reasoning_content?: string });
  t.equal(deltas.map(({ reasoning_content = '' }) => reasoning_content).join(''), 'let me see');
});

t.test('a text that looks like usage is only text', async (t) => {
  const chunks = await stream({ lookalikes: true, tools: [{ name: 'f', arguments: {} }] }, true);
  t.match(textOf(chunks), /"usage":\{"prompt_tokens":999/);
  t.match(JSON.stringify(chunks), /data: \[DONE\]/);
  t.not(chunks.at(-1)?.usage?.completion_tokens, 999);
});

t.test('the models', async (t) => {
  const names = [];
  for await (const { id } of client.models.list()) names.push(id);
  t.same(names, ['small', 'large']);
});

t.test('a request that the real API would refuse', async (t) => {
  const bad = { model: 'small', messages: [] };
  await t.rejects(client.chat.completions.create(bad), { message: /^400 / });
  await t.rejects(
    client.chat.completions.create({
      model: 'small',
      messages: messages({}),
      stream_options: { include_usage: true },
    } as never),
    { message: /^400 .*stream_options/ },
  );
  await t.rejects(
    client.chat.completions.create({ model: 'small', messages: messages({ usageShape: 'nulls' }) }),
    { message: /^400 .*usageShape/ },
  );
});

t.test('the client tries again after a failure, and errors have their class', async (t) => {
  const fail = (script: Script) =>
    client.chat.completions.create({ model: 'small', messages: messages(script) });
  const headers = { 'retry-after-ms': '1' };
  const answer = await fail({ id: 'twice', status: 503, failTimes: 2, headers, text: 'at last' });
  t.equal(answer.choices[0]?.message.content, 'at last');
  t.same(
    simulator.books.entries.filter(({ script }) => script.id === 'twice').map(({ status }) => status),
    [503, 503, 200],
  );
  t.ok((await fail({ status: 401 }).catch((error) => error)) instanceof OpenAI.AuthenticationError);
  const busy = fail({ status: 429, headers: { 'x-should-retry': 'false' } }).catch((error) => error);
  t.ok((await busy) instanceof OpenAI.RateLimitError);
  const error = { error: { message: 'spent', type: 'insufficient_quota', param: null, code: 'spent' } };
  await t.rejects(fail({ status: 400, error }), { message: /spent/, code: 'spent' });
});

// The official openai package against the running cluster, on both engines: what its users see is what the upstream
// sent, or an error of the class that they expect.
import OpenAI from 'openai';
import t, { type Test } from 'tap';
import type { Script } from '../../sim/script.ts';
import { ENGINES, type Gateway, MODEL_ON, startGateway } from '../fixtures/gateway.ts';
import { asking, openaiClient, rejects } from '../fixtures/sdk.ts';

const PLAN = 'cursor-pro-sonnet';
const MODEL = MODEL_ON.ghcp;
const MODELS = ['claude-sonnet-4-5-thinking', 'claude-sonnet-4.5', 'gemini-3-flash', 'gpt-5-mini'];

for (const engine of ENGINES) {
  t.test(`HTTP_ENGINE ${engine}`, async (t) => {
    const gateway = await startGateway(t, { env: { HTTP_ENGINE: engine } });
    const token = await gateway.createKey(PLAN);
    answers(t, gateway, token);
    errors(t, gateway, token);
    retries(t, gateway, token);
    brokenStreams(t, gateway, token);
    awkwardRequests(t, gateway, token);
  });
}

function answers(t: Test, gateway: Gateway, token: string): void {
  const { ghcp } = gateway.upstreams;
  const client = openaiClient(gateway, token);
  const create = (script: Script) =>
    client.chat.completions.create({ model: MODEL, messages: asking(script) });
  const stream = (script: Script) =>
    client.chat.completions.stream({ model: MODEL, messages: asking(script) });

  t.test('JSON', async (t) => {
    const completion = await create({ id: 'json', text: 'Grüße, 世界 🌍' });
    const { model, reported } = ghcp.books.last('json')!;
    t.equal(completion.choices[0]!.message.content, 'Grüße, 世界 🌍');
    t.equal(completion.model, model, 'the routed model is told');
    t.match(completion.usage, { prompt_tokens: reported!.input, completion_tokens: reported!.output });
  });

  t.test('a stream', async (t) => {
    const text = 'One chunk for each word, and 🌍 in one of them.';
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream({ id: 'stream', text })) chunks.push(chunk);
    t.equal(chunks.map(({ choices }) => choices[0]!.delta.content ?? '').join(''), text);
    t.ok(
      chunks.every(({ choices, usage }) => choices.length === 1 && !usage),
      'every chunk has a choice, and none has the usage that nobody asked for',
    );
    t.equal(chunks.at(-1)!.choices[0]!.finish_reason, 'stop');
    t.match(JSON.parse(ghcp.books.last('stream')!.body.toString()).stream_options, { include_usage: true });
  });

  t.test('a stream with include_usage', async (t) => {
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    const asked = await client.chat.completions.create({
      model: MODEL,
      messages: asking({ id: 'usage' }),
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const chunk of asked) chunks.push(chunk);
    const { reported } = ghcp.books.last('usage')!;
    const last = chunks.at(-1)!;
    t.strictSame(last.choices, []);
    t.match(last.usage, { prompt_tokens: reported!.input, completion_tokens: reported!.output });
  });

  t.test('tool calls', async (t) => {
    const tools = [
      { name: 'find', arguments: { query: 'a "quoted" word', limit: 3 } },
      { name: 'open', arguments: { path: '/tmp/ü' } },
    ];
    for (const toolShape of ['deltas', 'whole'] as const) {
      const script = { tools, toolShape };
      const json = (await create(script)).choices[0]!;
      t.equal(json.finish_reason, 'tool_calls');
      t.strictSame(calls(json.message.tool_calls), tools, `JSON, ${toolShape}`);
    }
    const streamed = await stream({ tools }).finalChatCompletion();
    t.strictSame(calls(streamed.choices[0]!.message.tool_calls), tools, 'stream');
  });

  t.test('abort in mid-stream', async (t) => {
    const asked = await client.chat.completions.create(
      {
        model: MODEL,
        messages: asking({ id: 'abort', chunks: 500, chunkBytes: 40, delayMs: 20 }),
        stream: true,
      },
      { headers: { 'x-request-id': 'abort' } },
    );
    let seen = 0;
    for await (const _ of asked) if (++seen === 5) asked.controller.abort();
    const entry = await ghcp.until('aborted', 'abort');
    t.ok(entry.chunks < 500, 'the upstream saw it');
    const row = await gateway.row('abort');
    t.match(row, { outcome: 'client_aborted', status: 200, count_source: 'observed', streamed: true });
    t.ok(row.output >= 10 && row.output <= 10 * entry.chunks + 10, 'what had come by was counted');
    t.ok(row.input > 0);
  });

  t.test('models', async (t) => {
    const ids: string[] = [];
    for await (const { id } of client.models.list()) ids.push(id);
    t.equal(ids.shift(), PLAN);
    t.strictSame(ids.sort(), MODELS);
    t.match(await client.models.retrieve('gpt-5-mini'), { id: 'gpt-5-mini', object: 'model' });
  });
}

function errors(t: Test, gateway: Gateway, token: string): void {
  const client = openaiClient(gateway, token);
  const create = (script: Script, options = {}) =>
    client.chat.completions.create({ model: MODEL, messages: asking(script) }, options);

  t.test('errors', async (t) => {
    const stranger = openaiClient(gateway, `apk_${'x'.repeat(43)}`);
    await rejects(t, stranger.models.list(), OpenAI.AuthenticationError, {
      code: 'invalid_api_key',
      type: 'invalid_request_error',
    });
    await gateway.database.query("INSERT INTO users (username, apitoken) VALUES ('planless', $1)", [
      'apk_0123456789abcdef',
    ]);
    await rejects(
      t,
      openaiClient(gateway, 'apk_0123456789abcdef').models.list(),
      OpenAI.PermissionDeniedError,
      { code: 'no_plan' },
    );
    await rejects(t, client.models.retrieve('gpt-99'), OpenAI.NotFoundError, { code: 'model_not_found' });
    await rejects(
      t,
      client.chat.completions.create({ messages: [{ role: 'user', content: 'hi' }] } as never),
      OpenAI.BadRequestError,
      { type: 'invalid_request_error', param: 'model' },
    );
    await rejects(t, create({ status: 400 }), OpenAI.BadRequestError, {
      message: /The script asks for status 400/,
    });
    await rejects(t, create({ status: 429 }), OpenAI.RateLimitError, { code: 'rate_limit_exceeded' });
    await rejects(t, create({ status: 500 }), OpenAI.InternalServerError, { type: 'server_error' });
    const error = await rejects(t, create({ fault: 'reset-before-head' }), OpenAI.InternalServerError, {
      status: 502,
      type: 'server_error',
      code: 'upstream_failed',
      param: null,
    });
    t.match(error.requestID, /^[0-9a-f-]{36}$/, 'an id to ask the operator about');
    await rejects(t, create({}, { signal: AbortSignal.abort() }), OpenAI.APIUserAbortError, {});
  });
}

function retries(t: Test, gateway: Gateway, token: string): void {
  const { ghcp } = gateway.upstreams;
  const client = openaiClient(gateway, token, { maxRetries: 2 });
  const attempts = (id: string) => ghcp.books.entries.filter(({ script }) => script.id === id).length;
  const create = (script: Script) =>
    client.chat.completions.create({ model: MODEL, messages: asking(script) });

  t.test('retries', async (t) => {
    const startedAt = performance.now();
    const [limited] = await Promise.all([
      create({ id: 'limited', status: 429, failTimes: 1, headers: { 'retry-after': '1' } }),
      create({ id: 'overloaded', status: 503, failTimes: 2, headers: { 'retry-after-ms': '10' } }),
      create({ id: 'dropped', fault: 'reset-before-head', failTimes: 1 }),
    ]);
    t.ok(performance.now() - startedAt >= 1_000, 'retry-after reaches the client, which waits');
    t.ok(limited.choices[0]!.message.content);
    t.strictSame([attempts('limited'), attempts('overloaded'), attempts('dropped')], [2, 3, 2]);
    const final = { id: 'final', status: 429, headers: { 'x-should-retry': 'false' } };
    await rejects(t, create(final), OpenAI.RateLimitError, {});
    t.equal(attempts('final'), 1, 'x-should-retry reaches the client, which gives up');
  });
}

function brokenStreams(t: Test, gateway: Gateway, token: string): void {
  const client = openaiClient(gateway, token);
  const faults = ['reset-mid-stream', 'reset-mid-event', 'end-without-terminator'] as const;

  t.test('a stream that breaks never ends well', async (t) => {
    for (const fault of faults) {
      const seen: string[] = [];
      const read = async () => {
        const asked = await client.chat.completions.create(
          {
            model: MODEL,
            messages: asking({ text: 'a b c d e ', fault, after: 3, delayMs: 5 }),
            stream: true,
          },
          { headers: { 'x-request-id': fault } },
        );
        for await (const { choices } of asked) seen.push(choices[0]!.delta.content ?? '');
      };
      await rejects(t, read(), OpenAI.APIError, { type: 'server_error', code: 'upstream_broken' }, fault);
      t.equal(seen.join(''), 'a b c ', 'what had come before was passed on');
      t.match(await gateway.row(fault), { outcome: 'upstream_failed', status: 200 });
    }
  });

  t.test('an error event of the upstream', async (t) => {
    const read = async () => {
      const asked = await client.chat.completions.create(
        { model: MODEL, messages: asking({ fault: 'error-event', after: 2 }), stream: true },
        { headers: { 'x-request-id': 'error-event' } },
      );
      for await (const _ of asked);
    };
    await rejects(t, read(), OpenAI.APIError, { message: /error in mid-stream/ });
    t.match(await gateway.row('error-event'), { outcome: 'upstream_failed', status: 200 });
  });
}

function awkwardRequests(t: Test, gateway: Gateway, token: string): void {
  const { ghcp } = gateway.upstreams;

  t.test('a large body and many long headers', async (t) => {
    const defaultHeaders = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [`x-long-${i}`, String(i).repeat(1_024).slice(0, 1_024)]),
    );
    const client = openaiClient(gateway, token, { defaultHeaders });
    const words = 'a long conversation, '.repeat(25_000);
    const completion = await client.chat.completions.create({
      model: MODEL,
      messages: asking({ id: 'large', text: 'ok' }, words),
    });
    t.equal(completion.choices[0]!.message.content, 'ok');
    const { body } = ghcp.books.last('large')!;
    t.ok(body.length > 500_000 && body.includes(words));
  });
}

function calls(toolCalls: readonly OpenAI.ChatCompletionMessageToolCall[] | undefined) {
  return toolCalls?.map((call) => {
    if (call.type !== 'function') throw new Error(`a tool call of type ${call.type}`);
    return { name: call.function.name, arguments: JSON.parse(call.function.arguments) };
  });
}

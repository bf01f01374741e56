// Two generations of the official @anthropic-ai/sdk against the running cluster, on both engines: what their users see
// is what the upstream sent, or an error of the class that they expect.
import { betaTool } from '@anthropic-ai/sdk/helpers/beta/json-schema';
import t, { type Test } from 'tap';
import type { Script } from '../../sim/script.ts';
import { ENGINES, type Gateway, MODEL_ON, startGateway } from '../fixtures/gateway.ts';
import { ANTHROPIC_SDKS, anthropicClient, asking, rejects } from '../fixtures/sdk.ts';

const PLAN = 'cursor-pro-sonnet';
const MODEL = MODEL_ON.antigravity;
const MODELS = ['claude-sonnet-4-5-thinking', 'claude-sonnet-4.5', 'gemini-3-flash', 'gpt-5-mini'];

type Sdk = (typeof ANTHROPIC_SDKS)[number]['sdk'];

for (const engine of ENGINES) {
  t.test(`HTTP_ENGINE ${engine}`, async (t) => {
    const gateway = await startGateway(t, { env: { HTTP_ENGINE: engine } });
    const token = await gateway.createKey(PLAN);
    for (const { version, sdk } of ANTHROPIC_SDKS) {
      t.test(`@anthropic-ai/sdk ${version}`, async (t) => {
        gateway.upstreams.antigravity.books.reset();
        answers(t, gateway, token, sdk);
        errors(t, gateway, token, sdk);
        retries(t, gateway, token, sdk);
        brokenStreams(t, gateway, token, sdk, version);
      });
    }
    claudeCode(t, gateway, token);
  });
}

function answers(t: Test, gateway: Gateway, token: string, sdk: Sdk): void {
  const { antigravity } = gateway.upstreams;
  const client = anthropicClient(gateway, token, {}, sdk);
  const request = (script: Script) => ({ model: MODEL, max_tokens: 1_000, messages: asking(script) });

  t.test('JSON', async (t) => {
    const message = await client.messages.create(request({ id: 'json', text: 'Grüße, 世界 🌍' }));
    const { model, reported } = antigravity.books.last('json')!;
    t.match(message.content, [{ type: 'text', text: 'Grüße, 世界 🌍' }]);
    t.equal(message.model, model, 'the routed model is told');
    t.match(message.usage, { input_tokens: reported!.input, output_tokens: reported!.output });
  });

  t.test('a stream', async (t) => {
    const text = 'One chunk for each word, and 🌍 in one of them.';
    const thinking = 'What would they like to read?';
    const script = { id: 'stream', text, thinking, pings: true, oddities: false };
    const message = await client.messages.stream(request(script)).finalMessage();
    const { reported } = antigravity.books.last('stream')!;
    t.match(message.content, [
      { type: 'thinking', thinking },
      { type: 'text', text },
    ]);
    t.equal(message.stop_reason, 'end_turn');
    t.equal(message.usage.output_tokens, reported!.output);
  });

  t.test('tool calls', async (t) => {
    const tools = [
      { name: 'find', arguments: { query: 'a "quoted" word', limit: 3 } },
      { name: 'open', arguments: { path: '/tmp/ü' } },
    ];
    const blocks = tools.map(({ name, arguments: input }) => ({ type: 'tool_use', name, input }));
    const json = await client.messages.create(request({ tools }));
    t.match(json, { stop_reason: 'tool_use', content: blocks });
    t.match(await client.messages.stream(request({ tools })).finalMessage(), { content: blocks });
  });

  t.test('abort in mid-stream', async (t) => {
    const id = `abort.${ANTHROPIC_SDKS.findIndex((known) => known.sdk === sdk)}`;
    const asked = client.messages.stream(request({ id, chunks: 500, chunkBytes: 40, delayMs: 20 }), {
      headers: { 'x-request-id': id },
    });
    let seen = 0;
    const read = async () => {
      for await (const { type } of asked) if (type === 'content_block_delta' && ++seen === 5) asked.abort();
    };
    await rejects(t, read(), sdk.APIUserAbortError, {});
    const entry = await antigravity.until('aborted', id);
    t.ok(entry.chunks < 500, 'the upstream saw it');
    const row = await gateway.row(id);
    t.match(row, { outcome: 'client_aborted', status: 200, count_source: 'observed', streamed: true });
    t.ok(row.output >= 10 && row.output <= 10 * entry.chunks + 10, 'what had come by was counted');
    t.equal(row.input, antigravity.books.last(id)!.reported!.input, 'message_start had told the input');
  });

  t.test('models', async (t) => {
    const ids: string[] = [];
    for await (const { id } of client.models.list()) ids.push(id);
    t.equal(ids.shift(), PLAN);
    t.strictSame(ids.sort(), MODELS);
    t.match(await client.models.retrieve('gemini-3-flash'), { id: 'gemini-3-flash', type: 'model' });
  });
}

function errors(t: Test, gateway: Gateway, token: string, sdk: Sdk): void {
  const client = anthropicClient(gateway, token, {}, sdk);
  const create = (script: Script) =>
    client.messages.create({ model: MODEL, max_tokens: 1_000, messages: asking(script) });
  const says = (type: string) => ({ error: { type: 'error', error: { type } } });

  t.test('errors', async (t) => {
    const stranger = anthropicClient(gateway, `apk_${'x'.repeat(43)}`, {}, sdk);
    await rejects(t, stranger.models.list(), sdk.AuthenticationError, says('authentication_error'));
    const planless = `apk_planless_${Math.random().toString(36).slice(2).padEnd(16, '0')}`;
    await gateway.database.query('INSERT INTO users (username, apitoken) VALUES ($1, $1)', [planless]);
    const refused = anthropicClient(gateway, planless, {}, sdk).models.list();
    await rejects(t, refused, sdk.PermissionDeniedError, says('permission_error'));
    await rejects(t, client.models.retrieve('gpt-99'), sdk.NotFoundError, says('not_found_error'));
    const nameless = client.messages.create({ max_tokens: 1, messages: asking({}) } as never);
    await rejects(t, nameless, sdk.BadRequestError, says('invalid_request_error'));
    await rejects(t, create({ status: 400 }), sdk.BadRequestError, says('invalid_request_error'));
    await rejects(t, create({ status: 429 }), sdk.RateLimitError, says('rate_limit_error'));
    await rejects(t, create({ status: 529 }), sdk.InternalServerError, {
      status: 529,
      ...says('overloaded_error'),
    });
    const failed = create({ fault: 'reset-before-head' });
    const error = await rejects(t, failed, sdk.InternalServerError, { status: 502, ...says('api_error') });
    t.match(error.requestID, /^[0-9a-f-]{36}$/, 'an id to ask the operator about');
  });
}

function retries(t: Test, gateway: Gateway, token: string, sdk: Sdk): void {
  const { antigravity } = gateway.upstreams;
  const client = anthropicClient(gateway, token, { maxRetries: 2 }, sdk);
  const generation = String(ANTHROPIC_SDKS.findIndex((known) => known.sdk === sdk));
  const create = (script: Script & { id: string }) =>
    client.messages.create({
      model: MODEL,
      max_tokens: 1_000,
      messages: asking({ ...script, id: script.id + generation }),
    });
  const attempts = (id: string) =>
    antigravity.books.entries.filter(({ script }) => script.id === id + generation).length;

  t.test('retries', async (t) => {
    const startedAt = performance.now();
    const [limited] = await Promise.all([
      create({ id: 'limited', status: 429, failTimes: 1, headers: { 'retry-after': '1' } }),
      create({ id: 'overloaded', status: 529, failTimes: 2, headers: { 'retry-after-ms': '10' } }),
      create({ id: 'dropped', fault: 'reset-before-head', failTimes: 1 }),
    ]);
    t.ok(performance.now() - startedAt >= 1_000, 'retry-after reaches the client, which waits');
    t.equal(limited.stop_reason, 'end_turn');
    t.strictSame([attempts('limited'), attempts('overloaded'), attempts('dropped')], [2, 3, 2]);
    const final = create({ id: 'final', status: 429, headers: { 'x-should-retry': 'false' } });
    await rejects(t, final, sdk.RateLimitError, {});
    t.equal(attempts('final'), 1, 'x-should-retry reaches the client, which gives up');
  });
}

function brokenStreams(t: Test, gateway: Gateway, token: string, sdk: Sdk, version: string): void {
  const client = anthropicClient(gateway, token, {}, sdk);
  /** By the raw stream and by the helper, which check for different things. */
  const readers = {
    async raw(script: Script, id: string) {
      const asked = await client.messages.create(
        { model: MODEL, max_tokens: 1_000, messages: asking(script), stream: true },
        { headers: { 'x-request-id': id } },
      );
      let text = '';
      try {
        for await (const event of asked) {
          if (event.type === 'content_block_delta' && event.delta.type === 'text_delta')
            text += event.delta.text;
        }
      } finally {
        seen.set(id, text);
      }
    },
    async helper(script: Script, id: string) {
      const asked = client.messages.stream(
        { model: MODEL, max_tokens: 1_000, messages: asking(script) },
        { headers: { 'x-request-id': id } },
      );
      asked.on('text', (_, text) => seen.set(id, text));
      await asked.finalMessage();
    },
  };
  const seen = new Map<string, string>();

  t.test('a stream that breaks never ends well', async (t) => {
    for (const fault of ['reset-mid-stream', 'reset-mid-event', 'end-without-terminator'] as const) {
      for (const [reader, read] of Object.entries(readers)) {
        const id = `${fault}.${reader}.${version}`;
        const script = { text: 'a b c d e ', fault, after: 3, delayMs: 5 };
        const type = { error: { type: 'error', error: { type: 'api_error' } } };
        await rejects(t, read(script, id), sdk.APIError, type, id);
        t.equal(seen.get(id), 'a b c ', 'what had come before was passed on');
        t.match(await gateway.row(id), { outcome: 'upstream_failed', status: 200 });
      }
    }
  });

  t.test('an error event of the upstream', async (t) => {
    const id = `error-event.${version}`;
    const read = readers.raw({ fault: 'error-event', after: 2 }, id);
    await rejects(t, read, sdk.APIError, {
      error: { error: { type: 'overloaded_error', message: /error in mid-stream/ } },
    });
    t.match(await gateway.row(id), { outcome: 'upstream_failed', status: 200 });
  });
}

function claudeCode(t: Test, gateway: Gateway, token: string): void {
  const { antigravity } = gateway.upstreams;

  t.test('what Claude Code does', async (t) => {
    const root = await fetch(gateway.url, { method: 'HEAD' });
    t.equal(root.status, 200, 'HEAD /');
    t.equal(await root.text(), '');
    const client = anthropicClient(gateway, token);
    const words = 'the system prompt and the tools, '.repeat(3_500);
    const message = await client.beta.messages.create(
      {
        model: MODEL,
        max_tokens: 1_000,
        messages: asking({ id: 'claude-code', text: 'hi' }, words),
        betas: ['claude-code-20250219', 'interleaved-thinking-2025-05-14'],
      },
      { query: { beta: 'true' } },
    );
    t.match(message.content, [{ type: 'text', text: 'hi' }]);
    const entry = antigravity.books.last('claude-code')!;
    t.equal(entry.query, 'beta=true', 'the query goes along');
    t.match(entry.header('anthropic-beta'), /claude-code-20250219, *interleaved-thinking-2025-05-14/);
    t.match(entry.header('anthropic-version'), /^20/);
    t.ok(entry.body.length > 115_000 && entry.body.includes(words));
  });
}

t.test(
  'the SDK’s tool runner begins a thread by itself, and goes on without where nobody keeps it',
  async (t) => {
    const gateway = await startGateway(t);
    const client = anthropicClient(gateway, await gateway.createKey(PLAN));
    for (const stream of [false, true]) {
      const asked: unknown[] = [];
      const tool = betaTool({
        name: 'find',
        description: 'Finds.',
        inputSchema: { type: 'object', properties: { word: { type: 'string' } }, required: ['word'] },
        run(input) {
          asked.push(input);
          return 'found';
        },
      });
      const call = [{ name: 'find', arguments: { word: 'fox' } }];
      const { content } = await client.beta.messages
        .toolRunner({
          model: MODEL_ON.ghcp,
          max_tokens: 1_000,
          tools: [tool],
          stream,
          messages: asking({ tools: call, next: { text: 'Found it.' } }),
        })
        .runUntilDone();
      t.match(content, [{ type: 'text', text: 'Found it.' }]);
      t.same(asked, [{ word: 'fox' }]);
    }
  },
);

// What goes wrong at an upstream is told in the words of the client's own API, whatever the upstream speaks: the class of
// the SDK's error, its status, its type and the upstream's message.
import { APICallError, generateText } from 'ai';
import OpenAI from 'openai';
import t from 'tap';
import type { Script } from '../../../sim/script.ts';
import { AI_PROVIDERS } from '../../fixtures/ai-clients.ts';
import { MAX_TOKENS } from '../../fixtures/clients.ts';
import { type Row, type Side, startMatrix } from '../../fixtures/matrix.ts';
import { ANTHROPIC_SDKS, anthropicClient, openaiClient, rejects } from '../../fixtures/sdk.ts';

interface Case {
  readonly script: Script;
  /** Of either SDK. */
  readonly kind: 'BadRequestError' | 'NotFoundError' | 'RateLimitError' | 'InternalServerError';
  readonly openai: { readonly status: number; readonly type?: string; readonly code?: string | null };
  readonly anthropic: { readonly status: number; readonly type: string };
}

const MESSAGE = /The script asks for status/;
const CASES: readonly Case[] = [
  {
    script: { status: 400 },
    kind: 'BadRequestError',
    openai: { status: 400, type: 'invalid_request_error', code: null },
    anthropic: { status: 400, type: 'invalid_request_error' },
  },
  {
    script: { status: 404 },
    kind: 'NotFoundError',
    openai: { status: 404, type: 'invalid_request_error', code: 'model_not_found' },
    anthropic: { status: 404, type: 'not_found_error' },
  },
  {
    script: { status: 429, headers: { 'retry-after': '7' } },
    kind: 'RateLimitError',
    openai: { status: 429, code: 'rate_limit_exceeded' },
    anthropic: { status: 429, type: 'rate_limit_error' },
  },
  {
    script: { status: 500 },
    kind: 'InternalServerError',
    openai: { status: 500, type: 'server_error' },
    anthropic: { status: 500, type: 'api_error' },
  },
  {
    script: { status: 529 },
    kind: 'InternalServerError',
    openai: { status: 503, type: 'server_error' },
    anthropic: { status: 529, type: 'overloaded_error' },
  },
];

const matrix = await startMatrix(t);
const failed = (status: number): Row => ({
  outcome: 'upstream_failed',
  status,
  count_source: 'none',
  output: 0,
});

/** A 404 of responses has a test of its own. */
const casesOf = (api: string, { name }: Side) =>
  CASES.filter(({ script }) => !(script.status === 404 && api === 'responses' && name === 'openai'));

/** Relayed as they are, errors keep the upstream's own status and words. */
function relayed<E extends object>(expected: E, script: Script): E {
  return { ...expected, status: script.status };
}

for (const stream of [false, true]) {
  for (const api of ['chat', 'responses'] as const) {
    for (const side of matrix.sides(api)) {
      t.test(`openai, ${api} → ${side.name}, stream ${stream}`, async (t) => {
        for (const { script, kind, openai } of casesOf(api, side)) {
          const expected = side.name === 'openai' ? relayed(openai, script) : openai;
          const ask = matrix.ask(side, script, failed(expected.status));
          const client = openaiClient(ask, side.token);
          const { headers } = ask;
          const asked =
            api === 'chat'
              ? client.chat.completions.create(
                  { model: 'auto', messages: [{ role: 'user', content: ask.text }], stream },
                  { headers },
                )
              : client.responses.create({ model: 'auto', input: ask.text, stream }, { headers });
          const name = `${kind} for ${script.status}`;
          const error = await rejects(t, asked, OpenAI[kind], { ...expected, message: MESSAGE }, name);
          if (script.headers) t.equal(error.headers?.get('retry-after'), '7', 'when to come again');
        }
      });
    }
  }
  for (const { version, sdk } of ANTHROPIC_SDKS) {
    for (const side of matrix.sides('messages')) {
      t.test(`anthropic ${version} → ${side.name}, stream ${stream}`, async (t) => {
        for (const { script, kind, anthropic } of CASES) {
          const { status, type } = anthropic;
          const ask = matrix.ask(side, script, failed(status));
          const messages = [{ role: 'user' as const, content: ask.text }];
          const asked = anthropicClient(ask, side.token, {}, sdk).messages.create(
            { model: 'auto', max_tokens: MAX_TOKENS, messages, stream },
            { headers: ask.headers },
          );
          const body = { type: 'error', error: { type, message: MESSAGE }, request_id: String };
          const name = `${kind} for ${script.status}`;
          const error = await rejects(t, asked, sdk[kind], { status, error: body }, name);
          if (script.headers) t.equal(error.headers?.get('retry-after'), '7', 'when to come again');
        }
      });
    }
  }
}

for (const provider of AI_PROVIDERS) {
  for (const side of matrix.sides(provider.api)) {
    t.test(`${provider.name} → ${side.name}`, async (t) => {
      for (const { script, ...expected } of casesOf(provider.api, side)) {
        const { status } = provider.api === 'messages' ? expected.anthropic : expected.openai;
        const known = side.name === 'openai' && provider.api !== 'messages' ? script.status! : status;
        const ask = matrix.ask(side, script, failed(known));
        const asked = generateText({
          model: provider.model(ask),
          prompt: ask.text,
          maxRetries: 0,
          headers: ask.headers,
        });
        await rejects(t, asked, APICallError, {
          statusCode: known,
          message: MESSAGE,
          isRetryable: known === 429 || known >= 500,
        });
      }
    });
  }
}

t.test(
  'a 404 of responses may mean the path: the other way is tried, and its word is the last',
  async (t) => {
    const ask = matrix.ask(matrix.side('openai'), { status: 404 }, failed(404));
    const { headers } = ask;
    const asked = openaiClient(ask, ask.side.token).responses.create(
      { model: 'auto', input: ask.text },
      { headers },
    );
    await rejects(t, asked, OpenAI.NotFoundError, { code: 'model_not_found', message: MESSAGE });
  },
);

t.test('Gemini wraps its errors in a list', async (t) => {
  const error = [{ error: { code: 400, message: 'The thought is missing.', status: 'INVALID_ARGUMENT' } }];
  const ask = matrix.ask(matrix.side('gemini'), { status: 400, error }, failed(400));
  const asked = anthropicClient(ask, ask.side.token).messages.create(
    { model: 'auto', max_tokens: MAX_TOKENS, messages: [{ role: 'user', content: ask.text }] },
    { headers: ask.headers },
  );
  const words = { type: 'invalid_request_error', message: 'The thought is missing.' };
  await rejects(t, asked, ANTHROPIC_SDKS[0].sdk.BadRequestError, { error: { error: words } });
});

matrix.compareBooks(t);

// What is asked for without an answer: embeddings, and how many tokens a prompt has.
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { embedMany } from 'ai';
import OpenAI from 'openai';
import t from 'tap';
import { MESSAGES_TOOLS } from '../../fixtures/clients.ts';
import { startMatrix } from '../../fixtures/matrix.ts';
import { ANTHROPIC_SDKS, anthropicClient, openaiClient, rejects } from '../../fixtures/sdk.ts';

const matrix = await startMatrix(t);

t.test('embeddings', async (t) => {
  const side = matrix.side('openai');
  for (const encoding_format of ['float', 'base64', undefined] as const) {
    const ask = matrix.ask(side, { dimensions: 4 }, { output: 0 });
    const { data, usage, model } = await openaiClient(ask, side.token).embeddings.create(
      {
        ...{ model: 'auto', input: [ask.text, 'another text'] },
        ...(encoding_format !== undefined && { encoding_format }),
      },
      { headers: ask.headers },
    );
    t.equal(model, side.model);
    t.equal(data.length, 2);
    // By default the SDK asks for base64 and decodes it itself.
    if (encoding_format !== 'base64') t.equal(data[0]!.embedding.length, 4);
    t.equal(usage.prompt_tokens, ask.entry.reported!.input);
  }
});

t.test('embeddings by the ai package', async (t) => {
  const side = matrix.side('openai');
  const ask = matrix.ask(side, {}, { output: 0 });
  const provider = createOpenAICompatible({ name: 'apipod', baseURL: `${ask.url}/v1`, apiKey: side.token });
  const { embeddings, usage } = await embedMany({
    ...{ model: provider.embeddingModel('auto'), values: [ask.text, 'another text'] },
    ...{ headers: ask.headers, maxRetries: 0 },
  });
  t.equal(embeddings.length, 2);
  t.equal(usage.tokens, ask.entry.reported!.input);
});

t.test('embeddings that no model of the plan makes', async (t) => {
  const side = matrix.side('anthropic');
  const client = openaiClient(matrix.gateway, side.token, { maxRetries: 2 });
  const asked = client.embeddings.create({ model: 'auto', input: 'a text' });
  await rejects(t, asked, OpenAI.APIError, { status: 501, code: 'dialect_unreachable' });
});

t.test('count_tokens', async (t) => {
  for (const side of matrix.sides('messages')) {
    for (const { sdk } of ANTHROPIC_SDKS) {
      const free = { count_source: 'none', token_count: 0, input: 0, output: 0 } as const;
      const ask = matrix.ask(side, { usage: { input: 1_234 } }, free);
      const client = anthropicClient(ask, side.token, {}, sdk);
      const { data, response } = await client.messages
        .countTokens(
          {
            ...{ model: 'auto', system: 'Be brief.', tools: MESSAGES_TOOLS },
            messages: [{ role: 'user', content: ask.text }],
          },
          { headers: ask.headers },
        )
        .withResponse();
      const estimate = response.headers.get('x-apipod-estimate');
      if (side.name === 'anthropic') {
        t.equal(data.input_tokens, 1_234, 'as the upstream counts');
        t.equal(estimate, null);
      } else {
        t.ok(data.input_tokens > 20 && data.input_tokens < 300, 'as the gateway counts', data);
        t.equal(estimate, 'true');
      }
    }
  }
});

matrix.compareBooks(t);

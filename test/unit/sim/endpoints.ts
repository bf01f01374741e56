// Embeddings, token counts, and upstreams that do not have every path.
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import t from 'tap';
import { scriptText } from '../../../sim/script.ts';
import { startSimulator } from '../../../sim/simulator.ts';

const simulator = await startSimulator();
t.teardown(() => simulator.close());
const openai = new OpenAI({ baseURL: `${simulator.url}/v1`, apiKey: 'key', maxRetries: 0 });
const anthropic = new Anthropic({ baseURL: simulator.url, apiKey: 'key', maxRetries: 0 });

t.test('embeddings, as numbers and in base64', async (t) => {
  const input = [scriptText({ id: 'embed', usage: { input: 77 } }), 'and more'];
  const numbers = await openai.embeddings.create({
    model: 'e',
    input,
    encoding_format: 'float',
    dimensions: 4,
  });
  t.match(numbers, { object: 'list', model: 'e', usage: { prompt_tokens: 77, total_tokens: 77 } });
  t.same(
    numbers.data.map(({ embedding }) => embedding.length),
    [4, 4],
  );
  t.notSame(numbers.data[0]!.embedding, numbers.data[1]!.embedding);
  const entry = await simulator.until('finished', 'embed');
  t.same(entry.reported, { input: 77, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 });
  t.match(entry, { model: 'e', dialect: 'openai', stream: false });
  // The client asks for base64 by itself, and decodes it.
  const { data } = await openai.embeddings.create({ model: 'e', input, dimensions: 4 });
  t.same([...data[0]!.embedding], numbers.data[0]!.embedding);
});

t.test('embeddings count four bytes, or a token that was given, as one', async (t) => {
  const count = async (input: OpenAI.EmbeddingCreateParams['input']) =>
    (await openai.embeddings.create({ model: 'e', input })).usage.prompt_tokens;
  t.equal(await count('12345'), 2);
  t.equal(await count([1, 2, 3]), 3);
  t.equal(await count([[1, 2], [3]]), 3);
});

t.test('embeddings that are refused', async (t) => {
  const refused = (more: object, message: RegExp) =>
    t.rejects(openai.embeddings.create({ model: 'e', input: 'x', ...more }), { status: 400, message });
  await refused({ input: '' }, /Invalid 'input': empty string/);
  await refused({ input: [] }, /Invalid 'input': empty array/);
  await refused({ input: undefined }, /Missing required parameter: 'input'/);
  await refused({ x: 1 }, /Unknown parameter: 'x'/);
  await refused({ encoding_format: 'int8' }, /Invalid value: 'int8'/);
});

t.test('count_tokens', async (t) => {
  const count = (content: string) =>
    anthropic.messages.countTokens({ model: 'm', messages: [{ role: 'user', content }] });
  t.same(await count('12345'), { input_tokens: 2 });
  t.same(await count(scriptText({ id: 'count', usage: { input: 77 } })), { input_tokens: 77 });
  const entry = await simulator.until('finished', 'count');
  t.match(entry, {
    path: '/v1/messages/count_tokens',
    dialect: 'anthropic',
    reported: { input: 77, output: 0 },
  });
});

t.test('paths that this upstream does not have', async (t) => {
  const poor = await startSimulator({ without: ['/v1/responses', '/v1/messages/count_tokens'] });
  t.teardown(() => poor.close());
  const client = new OpenAI({ baseURL: `${poor.url}/v1`, apiKey: 'key', maxRetries: 0 });
  await t.rejects(client.responses.create({ model: 'm', input: 'x' }), { message: /^404 / });
  const response = await fetch(`${poor.url}/v1/messages/count_tokens`, { method: 'POST', body: '{}' });
  t.equal(response.status, 404);
  t.same(await response.json(), { detail: 'Not Found' });
  const answer = await client.chat.completions.create({
    model: 'm',
    messages: [{ role: 'user', content: 'x' }],
  });
  t.equal(answer.object, 'chat.completion');
});

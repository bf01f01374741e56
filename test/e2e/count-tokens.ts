// POST /v1/messages/count_tokens: relayed where the upstream counts, else counted by the gateway and marked as an
// estimate. Nothing is charged either way.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { startGateway } from '../fixtures/gateway.ts';
import { anthropicClient } from '../fixtures/sdk.ts';

const PATH = '/v1/messages/count_tokens';
const CLAUDE = 'claude-sonnet-4-5-thinking';
const WORDS = 'The capital of France is Paris.';
const FREE = {
  outcome: 'completed',
  status: 200,
  count_source: 'none',
  token_count: 0,
  input: 0,
  output: 0,
  dialect: 'anthropic',
};

/** An upstream that counts as long as `status` is 200, and knows nothing else. */
let status = 200;
let asked = 0;
const upstream = createServer((request, response) => {
  request.resume().on('end', () => {
    asked++;
    response.writeHead(request.url === PATH ? status : 500, { 'content-type': 'application/json' });
    response.end(
      status === 200
        ? '{"input_tokens": 5}'
        : '{"type":"error","error":{"type":"not_found_error","message":"no"}}',
    );
  });
});
await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
t.teardown(() => {
  upstream.closeAllConnections();
  upstream.close();
});

const gateway = await startGateway(t, {
  env: {
    WORKERS: '1',
    UPSTREAM_ANTIGRAVITY_URL: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`,
  },
});
const token = await gateway.createKey('cursor-pro-sonnet');
let sent = 0;

async function count(model: string, content: unknown = WORDS) {
  const id = `count-${++sent}`;
  const request = { model, messages: [{ role: 'user', content }] };
  const response = await gateway.post(PATH, token, request, { 'x-request-id': id });
  const body = (await response.json()) as { readonly input_tokens: number };
  return { response, body, estimate: response.headers.get('x-apipod-estimate'), row: await gateway.row(id) };
}

t.test('an upstream that counts', async (t) => {
  const { body, estimate, row } = await count(CLAUDE);
  t.same(body, { input_tokens: 5 }, 'its answer goes on as it is');
  t.equal(estimate, null);
  t.match(row, { ...FREE, upstream: 'antigravity', routed_model: CLAUDE, attempts: 1 });
});

t.test('an OpenAI upstream has no such route: the gateway counts', async (t) => {
  const { response, body, estimate, row } = await count('gpt-5-mini');
  t.equal(response.status, 200);
  t.same(body, { input_tokens: 7 + 4 + 3 });
  t.equal(estimate, 'true');
  t.match(row, { ...FREE, upstream: 'ghcp', routed_model: 'gpt-5-mini', attempts: 0 });
});

t.test('through the official SDK', async (t) => {
  const counted = await anthropicClient(gateway, token).messages.countTokens({
    model: 'gpt-5-mini',
    messages: [{ role: 'user', content: WORDS }],
  });
  t.same(counted, { input_tokens: 14 });
});

t.test('a long prompt is counted while others are served', async (t) => {
  const { body } = await count('gpt-5-mini', 'a'.repeat(1_000_000));
  t.ok(body.input_tokens > 50_000 && body.input_tokens < 500_000, 'each eighth letter or so', { ...body });
});

t.test('an error of the upstream that is no gap goes to the client', async (t) => {
  status = 429;
  const { response, row } = await count(CLAUDE);
  t.equal(response.status, 429);
  t.match(row, { ...FREE, outcome: 'upstream_failed', status: 429 });
});

t.test('an Anthropic upstream without the route is asked once', async (t) => {
  status = 404;
  asked = 0;
  const first = await count(CLAUDE);
  t.equal(first.response.status, 200);
  t.ok(first.body.input_tokens > 14, 'as Claude counts', { ...first.body });
  t.equal(first.estimate, 'true');
  t.match(first.row, { ...FREE, upstream: 'antigravity', attempts: 1 });
  const second = await count(CLAUDE);
  t.same(second.body, first.body);
  t.match(second.row, { ...FREE, upstream: 'antigravity', attempts: 0 });
  t.equal(asked, 1);
});

// What the client and the operator see when an upstream fails, refuses or is not there: the status, the dialect's
// error, one row each, the reason in the log, and no detail that is none of the client's business.
import t from 'tap';
import type { Script } from '../../sim/script.ts';
import { DIRECT_MODEL, type Gateway, MODEL_ON, startGateway, type UsageLog } from '../fixtures/gateway.ts';
import { asking } from '../fixtures/sdk.ts';

const gateway = await startGateway(t, {
  env: { UPSTREAM_HEADERS_TIMEOUT_MS: '300', UPSTREAM_IDLE_TIMEOUT_MS: '300' },
});
const token = await gateway.createKey('cursor-pro-sonnet');
let asked = 0;

interface Answer {
  readonly response: Response;
  readonly body: string;
  readonly row: UsageLog;
}

type Path = keyof typeof DIRECT_MODEL;

async function ask(path: Path, script: Script, more: object = {}, from: Gateway = gateway): Promise<Answer> {
  const id = `ask-${++asked}`;
  const request = { model: DIRECT_MODEL[path], max_tokens: 100, messages: asking(script), ...more };
  const response = await from.post(path, token, request, { 'x-request-id': id });
  const body = await response.text();
  return { response, body, row: await from.row(id) };
}

const FAILURES: [name: string, script: Script, status: number, more?: object][] = [
  ['a reset', { fault: 'reset-before-head' }, 502],
  ['garbage in place of HTTP', { fault: 'garbage-head' }, 502],
  ['garbage in place of a stream', { fault: 'garbage-body' }, 502, { stream: true }],
  ['garbage in place of JSON', { fault: 'garbage-body' }, 502],
  ['half an answer', { fault: 'end-without-terminator' }, 502],
  ['a redirect', { fault: 'redirect' }, 502],
  ['a compressed answer', { gzip: true }, 502],
  ['a compressed stream', { gzip: true }, 502, { stream: true }],
  ['silence', { fault: 'stall-before-head' }, 504],
  ['silence in place of a stream', { fault: 'stall-before-head' }, 504, { stream: true }],
  ['a key that is refused', { status: 401 }, 502],
];

t.test('failures of an upstream', async (t) => {
  for (const [name, script, status, more] of FAILURES) {
    const [openai, anthropic] = await Promise.all([
      ask('/v1/chat/completions', script, more),
      ask('/v1/messages', script, more),
    ]);
    t.equal(openai.response.status, status, name);
    t.match(JSON.parse(openai.body), { error: { type: 'server_error', param: null, code: /^upstream_/ } });
    t.equal(anthropic.response.status, status, name);
    const type = status === 504 ? 'timeout_error' : 'api_error';
    t.match(JSON.parse(anthropic.body), { type: 'error', error: { type }, request_id: /^ask-/ });
    for (const { row } of [openai, anthropic]) {
      t.match(row, { outcome: 'upstream_failed', status, attempts: 1 });
      t.match(row, { count_source: 'none', token_count: 0 }, 'and nothing is charged');
      const line = await gateway.logged(
        /./,
        gateway.log.findIndex(({ id }) => id === row.request_id),
      );
      t.match(
        line,
        { id: row.request_id, upstream: row.upstream, model: row.routed_model },
        'it is in the log',
      );
    }
  }
});

t.test("an upstream's own errors are passed on as they are", async (t) => {
  for (const status of [400, 403, 404, 413, 422, 429, 500, 503, 529]) {
    const error = { error: { message: `of its own: ${status}`, extra: [1, 2] } };
    for (const path of ['/v1/chat/completions', '/v1/messages'] as const) {
      const { response, body, row } = await ask(path, { status, error, headers: { 'retry-after': '7' } });
      t.equal(response.status, status);
      t.equal(body, JSON.stringify(error));
      t.equal(response.headers.get('retry-after'), '7');
      t.match(row, { outcome: 'upstream_failed', status, token_count: 0 });
    }
  }
});

t.test('silence in mid-stream', async (t) => {
  const script = { fault: 'stall-mid-stream', after: 2 } as const;
  for (const path of ['/v1/chat/completions', '/v1/messages'] as const) {
    const id = `stall-${path.length}`;
    const response = await gateway.post(
      path,
      token,
      { model: DIRECT_MODEL[path], max_tokens: 100, stream: true, messages: asking({ id, ...script }) },
      { 'x-request-id': id },
    );
    t.equal(response.status, 200);
    const { text, whole } = await readUntilCut(response);
    t.notOk(whole, 'the connection is cut');
    t.match(text, /did not answer in time.*\n\n$/, 'after an error event');
    t.match(await gateway.row(id), { outcome: 'upstream_failed', status: 200, count_source: 'observed' });
    const { antigravity, ghcp } = gateway.upstreams;
    await (path === '/v1/messages' ? antigravity : ghcp).until('aborted', id);
  }
});

t.test('a body that is shorter than its Content-Length', async (t) => {
  for (const path of ['/v1/chat/completions', '/v1/messages'] as const) {
    const { response, body, row } = await ask(path, { fault: 'bad-content-length' });
    t.equal(response.status, 200, 'the document is whole: nothing can be missing of it');
    t.match(JSON.parse(body), { model: DIRECT_MODEL[path] });
    t.match(row, { outcome: 'completed', count_source: 'reported' });
  }
});

t.test('a second response behind the first', async (t) => {
  const script: Script = { fault: 'excess-body', text: 'the only answer' };
  for (let i = 0; i < 5; i++) {
    const request = { model: MODEL_ON.ghcp, messages: asking(script) };
    const response = await gateway.post('/v1/chat/completions', token, request);
    const { text } = await readUntilCut(response);
    t.notMatch(text, 'forged');
  }
});

t.test('an upstream that is down', async (t) => {
  const { ghcp } = gateway.upstreams;
  ghcp.refuse();
  const { response, body, row } = await ask('/v1/chat/completions', {});
  t.equal(response.status, 502);
  t.match(JSON.parse(body), { error: { code: 'upstream_failed' } });
  t.match(row, { outcome: 'upstream_failed', status: 502, upstream: 'ghcp' });
  await ghcp.accept();
  t.equal((await ask('/v1/chat/completions', {})).response.status, 200, 'and serves when it is up again');
});

t.test('an upstream that is not configured', async (t) => {
  const { database, upstreams } = gateway;
  const env = { UPSTREAM_GHCP_URL: '', UPSTREAM_GHCP_KEY: '', HTTP_ENGINE: 'node' };
  const poorer = await startGateway(t, { database, upstreams, env });
  const { response, body, row } = await ask('/v1/chat/completions', {}, { model: 'gpt-5-mini' }, poorer);
  t.equal(response.status, 503);
  t.notMatch(body, /UPSTREAM_|ghcp/, 'the client does not learn how the gateway is set up');
  t.match(row, { outcome: 'rejected', status: 503, upstream: 'ghcp', attempts: 0, count_source: 'none' });
  t.match(await poorer.logged(/UPSTREAM_GHCP_URL/), { upstream: 'ghcp', code: 'upstream_unconfigured' });
});

t.test('a model that the API has no way to', async (t) => {
  const request = { model: 'claude-sonnet-4-5-thinking', input: 'These words.' };
  const response = await gateway.post('/v1/embeddings', token, request);
  t.equal(response.status, 501);
  t.equal(response.headers.get('x-should-retry'), 'false');
  t.match(await response.json(), { error: { code: 'dialect_unreachable' } });
  t.match(await gateway.logged(/no item of the plan/), {
    plan: 'cursor-pro-sonnet',
    model: 'claude-sonnet-4-5-thinking',
  });
});

async function readUntilCut(response: Response): Promise<{ text: string; whole: boolean }> {
  let text = '';
  const decoder = new TextDecoder();
  try {
    for await (const chunk of response.body!) text += decoder.decode(chunk, { stream: true });
    return { text, whole: true };
  } catch {
    return { text, whole: false };
  }
}

// Requests that cannot be put into the words of the upstream, and answers that cannot be put into those of the client: each
// has an error that says what is wrong, and a row that is right.
import t from 'tap';
import type { Script } from '../../../sim/script.ts';
import { CLIENTS, isDirect } from '../../fixtures/clients.ts';
import { type Row, type SideName, startMatrix } from '../../fixtures/matrix.ts';

const matrix = await startMatrix(t, {
  TRANSLATED_EVENT_BYTES_MAX: '100000',
  TRANSLATED_ANSWER_BYTES_MAX: '100000',
});

interface BadRequest {
  readonly name: string;
  /** Added to a request that is fine. */
  readonly body: object;
  /** What the message names. */
  readonly field: RegExp;
}

const user = (content: unknown) => ({ role: 'user', content });
const part = (...parts: object[]) => ({ messages: [user(parts)] });
const url = (url: string) => ({ type: 'image_url', image_url: { url } });

const CHAT: readonly BadRequest[] = [
  { name: 'no messages', body: { messages: [] }, field: /messages/ },
  { name: 'messages of another type', body: { messages: 'Hello.' }, field: /messages/ },
  {
    name: 'an unknown role',
    body: { messages: [{ role: 'critic', content: 'x' }] },
    field: /messages\[0\].*role/,
  },
  { name: 'a part of unknown type', body: part({ type: 'hologram' }), field: /messages\[0\]\.content\[0\]/ },
  {
    name: 'a sound',
    body: part({ type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } }),
    field: /messages\[0\]\.content\[0\]/,
  },
  {
    name: 'a picture of a kind that Anthropic does not take',
    body: part(url('data:image/tiff;base64,AAAA')),
    field: /messages\[0\]\.content\[0\].*image/,
  },
  {
    name: 'a picture at no web address',
    body: part(url('file:///etc/passwd')),
    field: /messages\[0\]\.content\[0\]/,
  },
  {
    name: 'a result without a call',
    body: { messages: [user('x'), { role: 'tool', tool_call_id: 'call_1', content: 'found' }] },
    field: /messages\[1\]/,
  },
  { name: 'several answers', body: { n: 2 }, field: /"n"/ },
  { name: 'a tool of unknown type', body: { tools: [{ type: 'telepathy' }] }, field: /tools\[0\]/ },
];

const MESSAGES: readonly BadRequest[] = [
  { name: 'no messages', body: { messages: [] }, field: /messages/ },
  { name: 'a block of unknown type', body: part({ type: 'hologram' }), field: /messages\[0\]\.content\[0\]/ },
  {
    name: 'a file that only the vendor has',
    body: part({ type: 'image', source: { type: 'file', file_id: 'file_1' } }),
    field: /messages\[0\]\.content\[0\]/,
  },
  {
    name: 'a result without a call',
    body: part({ type: 'tool_result', tool_use_id: 'toolu_1', content: 'found' }),
    field: /messages\[0\]/,
  },
  {
    name: 'a tool that the vendor runs',
    body: { tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
    field: /tools\[0\]/,
  },
  { name: 'no limit', body: { max_tokens: undefined }, field: /max_tokens/ },
];

const RESPONSES: readonly BadRequest[] = [
  { name: 'no input', body: { input: undefined }, field: /input/ },
  { name: 'an item of unknown type', body: { input: [{ type: 'hologram' }] }, field: /input\[0\]/ },
  {
    name: 'an output without a call',
    body: { input: [{ type: 'function_call_output', call_id: 'call_1', output: 'found' }] },
    field: /input\[0\]/,
  },
  { name: 'work in the background', body: { background: true }, field: /background/ },
];

const ROUTES: readonly [path: string, side: SideName, fine: object, readonly BadRequest[]][] = [
  ['/v1/chat/completions', 'anthropic', { messages: [user('x')] }, CHAT],
  ['/v1/messages', 'openai', { messages: [user('x')], max_tokens: 100 }, MESSAGES],
  ['/v1/responses', 'chat-only', { input: 'x' }, RESPONSES],
  ['/v1/responses', 'anthropic', { input: 'x' }, RESPONSES],
];

for (const [path, name, fine, requests] of ROUTES) {
  t.test(`${path} → ${name}`, async (t) => {
    const side = matrix.side(name);
    for (const { name, body, field } of requests) {
      const ask = matrix.ask(side, {}, { outcome: 'rejected', status: 400, count_source: 'none' });
      const request = { model: 'auto', ...fine, ...body };
      const response = await matrix.gateway.post(path, side.token, request, ask.headers);
      t.equal(response.status, 400, name);
      t.match(await response.json(), { error: { type: 'invalid_request_error', message: field } }, name);
      const row = await matrix.gateway.row(ask.id);
      const asked = side.simulator.books.entries.filter(
        // Whether an upstream has responses at all shows when it is asked.
        (entry) => entry.header('x-request-id') === row.request_id && !entry.path.endsWith('/v1/responses'),
      );
      t.equal(asked.length, 0, `${name}: the upstream is not bothered`);
    }
  });
}

const failed = (status: number): Row => ({ outcome: 'upstream_failed', status });
const FAULTS: readonly [name: string, script: Script, json: Row, stream: Row][] = [
  ['what is no JSON', { fault: 'garbage-body' }, failed(502), failed(502)],
  ['no HTTP', { fault: 'garbage-head' }, failed(502), failed(502)],
  [
    'an error in the place of an answer',
    { fault: 'error-event', after: 0 },
    { outcome: 'upstream_failed' },
    failed(200),
  ],
  ['too much at once', { chunks: 1, chunkBytes: 200_000 }, failed(502), failed(200)],
];

for (const client of CLIENTS) {
  for (const side of matrix.sides(client.api).filter((side) => !isDirect(client, side))) {
    t.test(`${client.name} ← ${side.name}`, async (t) => {
      for (const [name, script, json, streamed] of FAULTS) {
        for (const stream of [false, true]) {
          const ask = matrix.ask(side, script, stream ? streamed : json);
          const said = await client.ask(ask, stream).catch(() => undefined);
          t.equal(said, undefined, `${name}, stream ${stream}: an error`);
        }
      }
    });
  }
}

matrix.compareBooks(t);

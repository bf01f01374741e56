// What the bench compares with must do what it is there for: give the upstream's own answers, pass them on as they come,
// and keep its connections. Peers that are not installed here are skipped.

import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import type { ArmUpstream, PeerArm } from '../../../bench/peers/arm.ts';
import { peers } from '../../../bench/peers/arms/index.ts';
import { nginxLua } from '../../../bench/peers/arms/nginx-lua.ts';
import { makeCertificate } from '../../fixtures/certificate.ts';
import { poll } from '../../fixtures/poll.ts';
import { isAlive } from '../../fixtures/program.ts';
import { type ToldUpstream, toldUpstream } from '../../fixtures/told-upstream.ts';

const PATH = '/v1/chat/completions';
const DEADLINE_MS = 20_000;
const LONG_BYTES = 400_000;
const CHUNKS = 100;
const NOT_INSTALLED = / is missing: /;

const completion = (content: string) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 },
});
const event = (choices: readonly object[], more: object = {}): string =>
  `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm', choices, ...more })}\n\n`;
const text = (content: string): string => event([{ index: 0, delta: { content }, finish_reason: null }]);
const END = `${event([], { usage: { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 } })}data: [DONE]\n\n`;

const answerJson = (body: object) => (response: ServerResponse) =>
  response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
const openStream = (response: ServerResponse): ServerResponse =>
  response.writeHead(200, { 'content-type': 'text/event-stream' });

/** @returns undefined if it is not installed here, and the test is skipped then */
async function start<Arm extends PeerArm>(
  t: Test,
  kind: { start(upstream: ArmUpstream): Promise<Arm> },
  upstream: ArmUpstream,
): Promise<Arm | undefined> {
  try {
    const arm = await kind.start(upstream);
    t.teardown(() => arm.stop());
    return arm;
  } catch (error) {
    const { message } = error as Error;
    if (!NOT_INSTALLED.test(message)) throw error;
    t.pass('skipped', { skip: message });
    return undefined;
  }
}

async function post(arm: PeerArm, content: string, stream = false): Promise<Response> {
  return fetch(arm.url + PATH, {
    method: 'POST',
    headers: { ...arm.headers, 'content-type': 'application/json' },
    body: JSON.stringify({ model: arm.model, messages: [{ role: 'user', content }], stream }),
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
}

async function answersJson(t: Test, arm: PeerArm, upstream: ToldUpstream, prompt: string, content: string) {
  upstream.answer = answerJson(completion(content));
  const response = await post(arm, prompt);
  t.equal(response.status, 200);
  t.match(response.headers.get('content-type'), /^application\/json/);
  t.same(await response.json(), completion(content));
  const { path, body } = upstream.asked.at(-1)!;
  t.equal(path, PATH);
  t.match(JSON.parse(body), {
    model: new RegExp(`^${arm.model}`),
    messages: [{ role: 'user', content: prompt }],
  });
}

for (const kind of peers) {
  t.test(kind.name, async (t) => {
    const upstream = await toldUpstream(t);
    const arm = await start(t, kind, upstream);
    if (arm === undefined) return;

    t.test('a small request', (t) => answersJson(t, arm, upstream, 'Hi', 'Hello.'));
    t.test('a long prompt', (t) => answersJson(t, arm, upstream, 'x'.repeat(LONG_BYTES), 'Hello.'));
    t.test('a long answer', (t) => answersJson(t, arm, upstream, 'Hi', 'y'.repeat(LONG_BYTES)));

    t.test('a stream in one go', async (t) => {
      const events = [...Array.from({ length: CHUNKS }, (_, i) => text(`word ${i} `)), END];
      upstream.answer = (response) => {
        openStream(response);
        for (const each of events) response.write(each);
        response.end();
      };
      const response = await post(arm, 'Hi', true);
      t.match(response.headers.get('content-type'), /^text\/event-stream/);
      t.equal(await response.text(), events.join(''));
    });

    t.test('a stream as it comes: nothing waits for what follows', async (t) => {
      const seen: ((value: unknown) => void)[] = [];
      upstream.answer = async (response) => {
        openStream(response);
        for (let i = 0; i < 3; i++) {
          response.write(text(`word ${i}`));
          await new Promise((resolve) => seen.push(resolve));
        }
        response.end(END);
      };
      const response = await post(arm, 'Hi', true);
      let all = '';
      for await (const piece of response.body!) {
        all += Buffer.from(piece).toString();
        // The upstream sends the next one only now.
        if (all.endsWith('\n\n')) seen.shift()?.(undefined);
      }
      t.equal(all, text('word 0') + text('word 1') + text('word 2') + END);
    });

    t.test('one request after the other: connections are kept', async (t) => {
      upstream.answer = answerJson(completion('Hello.'));
      const before = upstream.connections;
      for (let i = 0; i < 20; i++) await (await post(arm, 'Hi')).arrayBuffer();
      // To nginx with Lua they are two upstreams.
      t.ok(upstream.connections - before <= 2, `${upstream.connections - before} were made`);
    });

    t.test('its processes are those that end with it', async (t) => {
      const pids = arm.pids();
      t.equal(pids.length === 0, kind.name === 'direct');
      await arm.stop();
      t.same(pids.filter(isAlive), []);
    });
  });
}

t.test('the peer with equal work', async (t) => {
  const upstream = await toldUpstream(t);
  upstream.answer = answerJson(completion('Hello.'));
  const arm = await start(t, nginxLua, upstream);
  if (arm === undefined) return;

  t.test('books the tokens of an answer and of a stream', async (t) => {
    const one = await post(arm, 'Hi');
    await one.arrayBuffer();
    upstream.answer = (response) => {
      openStream(response).write(text('Hello.'));
      for (const each of END.split(/(?<=\n\n)/)) response.write(each);
      response.end();
    };
    const other = await post(arm, 'Hi', true);
    await other.arrayBuffer();
    upstream.answer = answerJson(completion('Hello.'));
    for (const { headers } of [one, other]) {
      const id = headers.get('x-request-id')!;
      const line = await poll('the line', () =>
        readFileSync(arm.usageLog, 'utf8')
          .split('\n')
          .find((each) => each.startsWith(id)),
      );
      t.match(line, /^\S+ \d+\.\d+ 1000 \d+ \d+ 7 5 200 \d+\.\d+$/);
    }
  });

  t.test('names the upstream’s model, keeps the key and tells a request id', async (t) => {
    const response = await post(arm, 'Hi');
    t.match(
      response.headers.get('x-request-id'),
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    const { authorization, body } = upstream.asked.at(-1)!;
    t.equal(authorization, undefined);
    t.match((JSON.parse(body) as { model: string }).model, /^gpt-5-mini-(first|second)$/);
  });

  t.test('rejects unknown keys and models', async (t) => {
    const before = upstream.asked.length;
    const stranger = { ...arm, headers: { authorization: `Bearer apk_${'z'.repeat(43)}` } };
    t.equal((await post(stranger, 'Hi')).status, 401);
    t.equal((await post({ ...arm, headers: {} }, 'Hi')).status, 401);
    t.equal((await post({ ...arm, model: 'other' }, 'Hi')).status, 404);
    t.equal(upstream.asked.length, before);
  });
});

t.test('an upstream with TLS', async (t) => {
  const own = makeCertificate(t);
  const another = makeCertificate(t);
  if (own === undefined || another === undefined) {
    t.pass('skipped', { skip: 'there is no openssl' });
    return;
  }
  const upstream = await toldUpstream(t, own);
  upstream.answer = answerJson(completion('Hello.'));
  // Without a process of its own it is up to the client whom to trust.
  for (const kind of peers.filter(({ name }) => name !== 'direct')) {
    t.test(`${kind.name} asks it`, async (t) => {
      const arm = await start(t, kind, { url: upstream.url, caFile: own.file });
      if (arm === undefined) return;
      const before = upstream.connections;
      for (let i = 0; i < 6; i++) {
        t.same(await (await post(arm, 'Hi')).json(), completion('Hello.'));
      }
      // To nginx with Lua they are two upstreams.
      t.ok(upstream.connections - before <= 2, `${upstream.connections - before} connections`);
    });

    t.test(`${kind.name} asks nobody with another's certificate`, async (t) => {
      const arm = await start(t, kind, { url: upstream.url, caFile: another.file });
      if (arm === undefined) return;
      const before = upstream.asked.length;
      const { status } = await post(arm, 'Hi');
      t.ok(status >= 500, `${status}`);
      t.equal(upstream.asked.length, before);
    });
  }
});

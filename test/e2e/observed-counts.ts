// What stands in a row when the upstream has not reported any usage: its tokens, counted; what it had reported before
// it was interrupted; and the same in the metrics, also for what is still being counted when the gateway stops.
import t from 'tap';
import type { Script } from '../../sim/script.ts';
import { startGateway, startUpstreams } from '../fixtures/gateway.ts';
import { asking } from '../fixtures/sdk.ts';
import { openPost } from '../fixtures/stream.ts';

const CHAT = '/v1/chat/completions';
const GPT = 'gpt-5-mini';
/** Ten tokens of o200k_base. */
const SENTENCE = 'The quick brown fox jumps over the lazy dog.';
const upstreams = await startUpstreams(t);

const request = (script: Script, more: object = {}) => ({
  model: GPT,
  max_tokens: 10,
  messages: asking(script),
  ...more,
});

t.test('counted', async (t) => {
  const gateway = await startGateway(t, { upstreams, env: { WORKERS: '1' } });
  const token = await gateway.createKey('cursor-pro-sonnet');
  let asked = 0;
  const ask = async (script: Script, more: object = {}) => {
    const id = `observed-${++asked}`;
    const response = await gateway.post(CHAT, token, request({ usage: false, ...script }, more), {
      'x-request-id': id,
    });
    await response.arrayBuffer();
    return gateway.row(id);
  };

  let output = 0;
  let input = 0;
  for (const stream of [false, true]) {
    const row = await ask({ text: SENTENCE }, { stream });
    t.match(row, { count_source: 'observed', output: 10, outcome: 'completed' });
    t.ok(row.input > 20 && row.input < 60, 'the prompt', { row });
    const long = await ask({ text: `${SENTENCE} `.repeat(1_000) }, { stream });
    t.ok(Math.abs(long.output - 10_000) < 200, 'a sample is scaled', { row: long });
    output += row.output + long.output;
    input += row.input + long.input;
  }
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  const total = (direction: string) =>
    Number(
      new RegExp(`^apipod_tokens_total\\{.*direction="${direction}".*\\} (\\d+)$`, 'm').exec(metrics)?.[1],
    );
  t.same({ input: total('input'), output: total('output') }, { input, output }, 'metrics and rows agree');
});

t.test('what had been reported before the client left stays', async (t) => {
  const gateway = await startGateway(t, { upstreams });
  const token = await gateway.createKey('cursor-pro-sonnet');
  const script: Script = { fault: 'stall-mid-stream', after: 3, usage: { input: 4_321, output: 9 } };
  const reading = await openPost(
    `${gateway.url}/v1/messages`,
    token,
    request(script, { stream: true, model: 'claude-sonnet-4-5-thinking' }),
  );
  await reading.until('answer');
  reading.response.destroy();
  const [row] = await gateway.rows(1);
  t.match(row, { count_source: 'observed', outcome: 'client_aborted', input: 4_321 });
  t.ok(row!.output > 0);
});

t.test('a gateway that stops waits for what is being counted', async (t) => {
  const gateway = await startGateway(t, { upstreams, env: { SHUTDOWN_TIMEOUT_MS: '200' } });
  const token = await gateway.createKey('cursor-pro-sonnet');
  const reading = await openPost(
    gateway.url + CHAT,
    token,
    request({ fault: 'stall-mid-stream', after: 3 }, { stream: true }),
  );
  await reading.until('answer');
  t.strictSame(await gateway.stop(), { code: 0, signal: null });
  await reading.ended;
  const [row] = await gateway.rows(1);
  t.match(row, { count_source: 'observed' });
  t.ok(row!.output > 0 && row!.input > 0);
});

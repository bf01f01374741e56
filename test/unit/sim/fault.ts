// Every fault looks on the wire as its name says, at the place that the script names.
import { request } from 'node:http';
import t from 'tap';
import { type Script, scriptText } from '../../../sim/script.ts';
import { startSimulator } from '../../../sim/simulator.ts';

const simulator = await startSimulator();
t.teardown(() => simulator.close());

interface Seen {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
  /** `end` is clean; else the error's code. */
  end: string;
  /** Reads of the body. */
  reads: number;
}

/** @param until leave once the body contains this */
function ask(script: Script, stream = true, path = '/v1/chat/completions', until?: string): Promise<Seen> {
  const seen: Seen = { status: 0, headers: {}, body: '', end: '', reads: 0 };
  const content = JSON.stringify({
    model: 'm',
    max_tokens: 9,
    stream,
    messages: [{ role: 'user', content: scriptText(script) }],
  });
  const headers = { 'content-type': 'application/json', 'anthropic-version': '2023-06-01' };
  return new Promise((resolve) => {
    const done = (end: string): void => resolve({ ...seen, end });
    const outgoing = request(
      `${simulator.url}${path}`,
      { method: 'POST', headers, agent: false },
      (incoming) => {
        seen.status = incoming.statusCode ?? 0;
        seen.headers = incoming.headers;
        incoming.on('data', (bytes: Buffer) => {
          seen.reads++;
          seen.body += bytes.toString('latin1');
          if (until !== undefined && seen.body.includes(until)) outgoing.destroy();
        });
        incoming.on('end', () => done('end'));
        incoming.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
      },
    );
    outgoing.on('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.message));
    outgoing.end(content);
  });
}

const content = (body: string): number => body.match(/"content":"[^"]/g)?.length ?? 0;
const MESSAGES = '/v1/messages';

t.test('reset-before-head', async (t) => {
  t.match(await ask({ fault: 'reset-before-head' }), { status: 0, end: 'ECONNRESET' });
});

t.test('reset-mid-stream', async (t) => {
  const seen = await ask({ id: 'mid', fault: 'reset-mid-stream', chunks: 9, after: 4 });
  t.match(seen, { status: 200, end: 'ECONNRESET' });
  t.equal(content(seen.body), 4);
  t.ok(seen.body.endsWith('\n\n'), 'between two events');
  t.match(await simulator.until('broken', 'mid'), { chunks: 4, status: 200 });

  const json = await ask({ fault: 'reset-mid-stream', chunks: 9 }, false);
  t.match(json, { status: 200, end: 'ECONNRESET' });
  t.ok(json.body.length > 0 && json.body.length < Number(json.headers['content-length']));
});

t.test('reset-mid-event', async (t) => {
  const seen = await ask({ fault: 'reset-mid-event', chunks: 9, after: 2 }, true, MESSAGES);
  t.equal(seen.end, 'ECONNRESET');
  t.notOk(seen.body.endsWith('\n\n'));
  t.equal(seen.body.match(/"text_delta"/g)?.length, 2);
});

t.test('end-without-terminator', async (t) => {
  const cut = await ask({ fault: 'end-without-terminator', chunks: 9, after: 3 });
  t.match(cut, { status: 200, end: 'end' });
  t.equal(content(cut.body), 3);

  const openai = await ask({ fault: 'end-without-terminator', chunks: 9 });
  t.equal(content(openai.body), 9);
  t.match(openai.body, /"finish_reason":"stop"/);
  t.notMatch(openai.body, /\[DONE\]/);

  const anthropic = await ask({ fault: 'end-without-terminator' }, true, MESSAGES);
  t.match(anthropic.body, /event: message_delta\n/);
  t.notMatch(anthropic.body, /message_stop/);

  const json = await ask({ fault: 'end-without-terminator' }, false);
  t.equal(json.end, 'end');
  t.throws(() => JSON.parse(json.body));
});

t.test('error-event', async (t) => {
  const openai = await ask({ fault: 'error-event', chunks: 9, after: 2 });
  t.match(openai, { status: 200, end: 'end' });
  t.equal(content(openai.body), 2);
  t.match(openai.body, /data: \{"error":\{[^\n]*\}\n\n$/);
  const anthropic = await ask({ fault: 'error-event' }, true, MESSAGES);
  t.match(anthropic.body, /event: error\ndata: \{"type":"error"[^\n]*\}\n\n$/);
  const json = await ask({ fault: 'error-event' }, false);
  t.match(json, { status: 200, end: 'end' });
  t.match(JSON.parse(json.body), { error: { message: String } });
});

t.test('stalls last until the client leaves', async (t) => {
  const never = new AbortController();
  const waiting = fetch(`${simulator.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'm',
      messages: [{ role: 'user', content: scriptText({ id: 'mute', fault: 'stall-before-head' }) }],
    }),
    signal: never.signal,
  });
  t.match(await simulator.until('stalled', 'mute'), { status: 0, sentBytes: 0 });
  t.equal(simulator.openRequests, 1);
  never.abort();
  await t.rejects(waiting);
  t.match(await simulator.until('aborted', 'mute'), {
    trail: ['received', 'answering', 'stalled', 'aborted'],
  });
  t.equal(simulator.openRequests, 0);

  const script: Script = { id: 'stuck', fault: 'stall-mid-stream', text: 'a b LAST d', after: 3 };
  const seen = await ask(script, true, MESSAGES, 'LAST');
  t.equal(seen.status, 200);
  t.match(await simulator.until('aborted', 'stuck'), { text: 'a b LAST ' });
});

t.test('garbage-head', async (t) => {
  const seen = await ask({ fault: 'garbage-head' });
  t.equal(seen.status, 0);
  t.match(seen.end, /^HPE_/);
});

t.test('garbage-body', async (t) => {
  const json = await ask({ fault: 'garbage-body' }, false);
  t.match(json, { status: 200, end: 'end', headers: { 'content-type': 'application/json' } });
  t.throws(() => JSON.parse(json.body));
  t.match((await ask({ fault: 'garbage-body' })).headers['content-type'], /^text\/event-stream/);
});

t.test('slow-drip', async (t) => {
  const whole = await ask({ usage: false, text: 'Hi' }, false);
  const drip = await ask({ usage: false, text: 'Hi', fault: 'slow-drip' }, false);
  t.equal(drip.body.length, whole.body.length);
  t.ok(drip.reads > whole.body.length / 4, `${drip.reads} reads`);
  t.equal(drip.headers['content-length'], whole.headers['content-length']);
});

t.test('bad-content-length', async (t) => {
  for (const stream of [true, false]) {
    const seen = await ask({ fault: 'bad-content-length' }, stream);
    t.match(seen, { status: 200, end: 'ECONNRESET' });
    t.ok(seen.body.length < Number(seen.headers['content-length']));
  }
});

t.test('excess-body', async (t) => {
  const { headers } = await ask({ id: 'excess', fault: 'excess-body' }, false);
  const { sent } = await simulator.until('finished', 'excess');
  t.equal(sent.indexOf('}HTTP/1.1 200 OK\r\n') + 1, Number(headers['content-length']));
});

t.test('redirect', async (t) => {
  t.match(await ask({ fault: 'redirect' }, false), {
    status: 307,
    headers: { location: '/v1/chat/completions/elsewhere' },
  });
});

t.test('a fault may pass', async (t) => {
  const script: Script = { id: 'passes', fault: 'reset-before-head', failTimes: 2 };
  const ends = [];
  for (let i = 0; i < 4; i++) ends.push((await ask(script)).end);
  t.same(ends, ['ECONNRESET', 'ECONNRESET', 'end', 'end']);
});

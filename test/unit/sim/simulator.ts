// The same request gives the same bytes, cut and paced as asked for, and the books say what was sent.
import { once } from 'node:events';
import { connect } from 'node:net';
import { gunzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { type Script, scriptText } from '../../../sim/script.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../sim/simulator.ts';

async function start(t: Test, options: SimulatorOptions = {}): Promise<Simulator> {
  const simulator = await startSimulator(options);
  t.teardown(() => simulator.close());
  return simulator;
}

function post(
  { url }: Simulator,
  script: Script,
  more: object = {},
  init: RequestInit = {},
): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'm', messages: [{ role: 'user', content: scriptText(script) }], ...more }),
    ...init,
  });
}

const text = async (response: Promise<Response>): Promise<string> => (await response).text();

t.test('the same request gives the same bytes', async (t) => {
  const [one, other] = [await start(t), await start(t)];
  const stream = { stream: true };
  const answer = await text(post(one, { chunks: 4 }, stream));
  t.equal(await text(post(one, { chunks: 4 }, stream)), answer);
  t.equal(await text(post(other, { chunks: 4 }, stream)), answer);
  t.not(await text(post(other, { chunks: 5 }, stream)), answer);
});

t.test('cuts and pace do not change the bytes', async (t) => {
  const simulator = await start(t);
  const whole = (script: Script) =>
    text(post(simulator, { text: 'one two three', ...script }, { stream: true }));
  const plain = (await whole({})).replaceAll(/chatcmpl-\w+/g, '');
  const same = async (script: Script) =>
    t.equal((await whole(script)).replaceAll(/chatcmpl-\w+/g, ''), plain, JSON.stringify(script));
  await same({ burst: true });
  await same({ splitBytes: 7 });
  await same({ splitBytes: 1, burst: true });
  await same({ delayMs: 1, firstDelayMs: 1, headDelayMs: 1 });
  await same({ closeDelimited: true });
  await same({ gzip: true });
});

t.test('a JSON answer has the length that was asked for', async (t) => {
  const simulator = await start(t);
  for (const answerBytes of [900, 1024, 65_536]) {
    const body = await text(post(simulator, { answerBytes, text: 'ä' }));
    t.equal(Buffer.byteLength(body), answerBytes);
    t.match(JSON.parse(body).choices[0].message.content, /^ä/);
  }
});

t.test('compresses', async (t) => {
  const simulator = await start(t);
  const response = await post(simulator, { id: 'gzip', gzip: true, text: 'small' });
  t.equal(response.headers.get('content-encoding'), 'gzip');
  t.match(await response.json(), { choices: [{ message: { content: 'small' } }] });
  const { sent } = await simulator.until('finished', 'gzip');
  t.match(gunzipSync(sent).toString(), /"small"/);
});

t.test('keeps the request as it came', async (t) => {
  const simulator = await start(t, { dialect: 'openai' });
  const body = '{ "model":"m", "temperature": 1.0e0, "messages":[{"role":"user","content":"\\u00e4"}] }';
  const headers = { 'content-type': 'application/json', 'x-api-key': 'k' };
  await fetch(`${simulator.url}/base/v1/chat/completions?beta=true`, { method: 'POST', headers, body });
  const entry = simulator.books.last();
  t.equal(entry?.body.toString(), body);
  t.match(entry, {
    path: '/base/v1/chat/completions',
    query: 'beta=true',
    authorization: 'k',
    method: 'POST',
  });
  t.equal(entry?.header('content-length'), String(body.length));
});

t.test('defaults lie beneath the script of a request', async (t) => {
  const simulator = await start(t, { script: { text: 'default', status: 503, failTimes: 1, id: 'd' } });
  t.equal((await post(simulator, {})).status, 503);
  t.match(await text(post(simulator, {})), /"default"/);
  t.match(await text(post(simulator, { text: 'own' })), /"own"/);
});

t.test('the books know a request that was refused by its script', async (t) => {
  const simulator = await start(t);
  const response = await post(simulator, { id: 'refused' }, { nonsense: true });
  t.equal(response.status, 400);
  await response.text();
  const entry = await simulator.until('finished', 'refused');
  t.match(entry, { status: 400, reported: undefined });
  t.match(entry.sent.toString(), /nonsense/);
});

t.test('a key, if it is to have one', async (t) => {
  const simulator = await start(t, { key: 'secret' });
  const headers = { 'content-type': 'application/json', authorization: 'Bearer secret' };
  t.equal((await post(simulator, {})).status, 401);
  t.equal((await post(simulator, {}, {}, { headers })).status, 200);
});

t.test('books are bounded, their totals are not', async (t) => {
  const simulator = await start(t, { entriesMax: 2 });
  for (const model of ['a', 'b', 'a']) await text(post(simulator, { text: 'four' }, { model }));
  await text(post(simulator, { status: 500 }));
  t.equal(simulator.books.entries.length, 2);
  t.match(simulator.books.totals, { requests: 4, finished: 4, refused: 1, models: { a: 2, b: 1, m: 1 } });
  t.equal(simulator.books.totals.reported.output, 3);
});

t.test('books can be read and emptied over HTTP', async (t) => {
  const simulator = await start(t);
  await text(post(simulator, { id: 'x', text: 'four' }));
  const url = `${simulator.url}/sim/books`;
  const books = (await (await fetch(url)).json()) as { entries: [{ body: string }] };
  t.match(books, {
    openRequests: 0,
    totals: { requests: 1 },
    entries: [{ model: 'm', reported: { output: 1 } }],
  });
  t.match(Buffer.from(books.entries[0].body, 'base64').toString(), /"model":"m"/);
  t.equal((await fetch(url, { method: 'DELETE' })).status, 204);
  t.match(await (await fetch(url)).json(), { totals: { requests: 0 }, entries: [] });
});

t.test('tells when the other side leaves', async (t) => {
  const simulator = await start(t);
  const leave = new AbortController();
  const script: Script = { id: 'long', chunks: 10_000, delayMs: 5 };
  const response = await post(simulator, script, { stream: true }, { signal: leave.signal });
  t.equal(response.status, 200);
  t.equal((await simulator.until('answering', 'long')).ended, false);
  leave.abort();
  const entry = await simulator.until('aborted', 'long');
  t.ok(entry.chunks < 10_000);
  t.equal(simulator.openRequests, 0);
  t.equal(simulator.books.totals.aborted, 1);
});

t.test('waits for a reader that is slow', async (t) => {
  const simulator = await start(t);
  const socket = connect(simulator.port);
  t.teardown(() => socket.destroy());
  const script: Script = { id: 'much', chunks: 500, chunkBytes: 100_000 };
  const body = JSON.stringify({
    model: 'm',
    stream: true,
    messages: [{ role: 'user', content: scriptText(script) }],
  });
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
  );
  const entry = await simulator.until('answering', 'much');
  t.ok(entry.chunks < 400, `${entry.chunks} chunks are on their way`);
  socket.resume();
  await once(socket, 'end');
  t.match(await simulator.until('finished', 'much'), { chunks: 500 });
});

t.test('refuses connections, and accepts them again on the same port', async (t) => {
  const simulator = await start(t);
  const { port } = simulator;
  await text(post(simulator, {}));
  simulator.refuse();
  await t.rejects(post(simulator, {}), { cause: { code: 'ECONNREFUSED' } } as never);
  await simulator.accept();
  t.equal(simulator.port, port);
  t.equal((await post(simulator, {})).status, 200);
});

t.test('closing leaves nothing open', async (t) => {
  const simulator = await startSimulator();
  const hanging = post(simulator, { id: 'h', fault: 'stall-before-head' });
  hanging.catch(() => {});
  await simulator.until('stalled', 'h');
  const never = simulator.until('finished', 'never');
  const closed = simulator.close();
  await t.rejects(never, { message: /closed/ });
  await closed;
  await t.rejects(hanging);
});

// The load client against a server of the test's own: what it is ordered to do, it does, and tells the truth about it.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { Holder } from '../../bench/peers/load/hold.ts';
import { tokenOf } from '../../bench/peers/load/keys.ts';
import { runLeave } from '../../bench/peers/load/leave.ts';
import type { Target } from '../../bench/peers/load/orders.ts';
import { runRequests } from '../../bench/peers/load/requests.ts';
import { runStreams } from '../../bench/peers/load/streams.ts';

const EVENT = 'data: {"x":"\u00fc"}\n\n';
const END = 'data: [DONE]\n\n';

async function serve(
  t: Test,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Target> {
  const server = createServer((request, response) => {
    request.resume();
    request.once('end', () => answer(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const headers = { authorization: 'Bearer apk_x', 'content-type': 'application/json' };
  return { url: `http://127.0.0.1:${port}/v1/chat/completions`, headers, body: '{}' };
}

function stream(response: ServerResponse, events: number, end = END): void {
  response.writeHead(200);
  for (let i = 0; i < events; i++) response.write(EVENT);
  response.end(end);
}

t.test('requests: at a rate, all of them, told good from bad', async (t) => {
  let count = 0;
  const target = await serve(t, (_, response) => response.end(count++ === 7 ? 'wrong' : 'right!'));
  const result = await runRequests({
    kind: 'requests',
    target,
    connections: 4,
    seconds: 0.2,
    rate: 250,
    expected: { status: 200, bytes: 6 },
  });
  t.same([result.sent, result.good, result.bad, count], [50, 49, 1, 50]);
  t.ok(result.firstByte.p50 > 0 && result.end.max >= result.firstByte.p50);
});

t.test('requests: as fast as they are answered, each with a key of its own', async (t) => {
  const tokens = new Set<string>();
  let count = 0;
  const target = await serve(t, (request, response) => {
    tokens.add(request.headers.authorization!);
    count++;
    response.end('ok');
  });
  const result = await runRequests({
    kind: 'requests',
    target,
    connections: 2,
    seconds: 0.1,
    keys: { count: 3, from: 5, choice: 'in-turn' },
    expected: { status: 200, bytes: 2 },
  });
  t.ok(result.good > 2);
  t.same([result.sent, result.bad], [count, 0]);
  t.same([...tokens].sort(), [5, 6, 7].map((i) => `Bearer ${tokenOf(i)}`).slice(0, tokens.size));
});

t.test('requests: a connection that breaks is a bad answer, and the rest goes on', async (t) => {
  let count = 0;
  const target = await serve(t, (request, response) => {
    if (count++ === 3) request.socket.destroy();
    else response.end('ok');
  });
  const result = await runRequests({
    kind: 'requests',
    target,
    connections: 1,
    seconds: 0.1,
    rate: 200,
    expected: { status: 200, bytes: 2 },
  });
  t.same([result.sent, result.good, result.bad], [20, 19, 1]);
});

t.test('streams: counts whole ones and those that are not', async (t) => {
  let count = 0;
  const target = await serve(t, (_, response) => {
    if (++count === 2) stream(response, 4, '');
    else if (count === 3) stream(response, 3);
    else stream(response, 4);
  });
  const order = {
    kind: 'streams',
    target,
    streams: 5,
    seconds: 0,
    rampMs: 10,
    events: 5,
    intervalMs: 1,
  } as const;
  const result = await runStreams(order);
  t.same([result.whole, result.broken, result.events, count], [3, 2, 3 * 5 + 4 + 4, 5]);
});

t.test('streams: asks again until the time is up', async (t) => {
  let count = 0;
  const target = await serve(t, (_, response) => {
    count++;
    stream(response, 1);
  });
  const order = {
    kind: 'streams',
    target,
    streams: 2,
    seconds: 0.1,
    rampMs: 1,
    events: 2,
    intervalMs: 1,
  } as const;
  const result = await runStreams(order);
  t.ok(result.whole > 2);
  t.same([result.whole, result.broken], [count, 0]);
});

t.test('hold: streams stay open until they are let go', async (t) => {
  const open = new Set<ServerResponse>();
  const target = await serve(t, (_, response) => {
    open.add(response);
    response.once('close', () => open.delete(response));
    response.write(EVENT);
  });
  const holder = new Holder({ kind: 'hold', target, streams: 20, perSecond: 1_000 });
  t.same(await holder.open(), { kind: 'hold', open: 20, failed: 0 });
  t.equal(open.size, 20);
  t.match(holder.release(), { open: 20, ended: 0 });
  while (open.size > 0) await new Promise((resolve) => setImmediate(resolve));
});

t.test('hold: a slow reader leaves the server with what it does not take', async (t) => {
  const size = 64 << 20;
  let written: ServerResponse | undefined;
  const target = await serve(t, (_, response) => {
    written = response;
    response.end(Buffer.alloc(size));
  });
  const holder = new Holder({ kind: 'hold', target, streams: 1, perSecond: 10, bytesPerSecond: 100_000 });
  await holder.open();
  t.notOk(written!.writableFinished);
  const { bytes, open } = holder.release();
  t.equal(open, 1);
  t.ok(bytes > 0 && bytes < size / 10);
});

t.test('leave: each client goes when it has seen enough', async (t) => {
  let closed = 0;
  const target = await serve(t, (_, response) => {
    for (let i = 0; i < 10; i++) response.write(EVENT);
    response.once('close', () => closed++);
  });
  const result = await runLeave({ kind: 'leave', target, rate: 200, seconds: 0.1, events: 10 });
  t.match(result, { left: 20, failed: 0 });
  while (closed < 20) await new Promise((resolve) => setImmediate(resolve));
});

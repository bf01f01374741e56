// An upstream that has sent the end mark of its stream, and ends its response only later: the client need not wait for
// that, and the connection serves the next request if the end comes soon. If it does not, the connection is closed.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import t, { type Test } from 'tap';
import { messages } from '../../../src/core/dialects/anthropic.ts';
import type { Api } from '../../../src/core/dialects/api.ts';
import { chat } from '../../../src/core/dialects/openai.ts';
import { DirectCall, type UpstreamCall } from '../../../src/core/relay/call.ts';
import { TranslatedCall } from '../../../src/core/translate/call.ts';
import { chatMessages } from '../../../src/core/translate/chat_messages/translation.ts';
import { Gaps } from '../../../src/core/upstream/gaps.ts';
import type { Transport } from '../../../src/core/upstream/transport.ts';
import type { Upstream } from '../../../src/core/upstream/upstreams.ts';
import { poll } from '../../fixtures/poll.ts';
import { relayed } from '../../fixtures/relayed.ts';
import { CLIENTS, type ClientName, OPTIONS, TRANSPORTS } from '../../fixtures/transports.ts';

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
const LAST_CHUNK = '0\r\n\r\n';
const chunked = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const event = (data: { readonly type: string; readonly [key: string]: unknown }): string =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;

const CHAT = [
  'data: {"choices":[{"delta":{"content":"Hello."}}]}\n\n',
  'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n',
  'data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}\n\n',
  'data: [DONE]\n\n',
];
const MESSAGES = [
  event({ type: 'message_start', message: { id: 'msg_1', model: 'm', usage: { input_tokens: 3 } } }),
  event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
  event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello.' } }),
  event({ type: 'content_block_stop', index: 0 }),
  event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } }),
  event({ type: 'message_stop' }),
];

interface Way {
  readonly name: string;
  readonly client: Api;
  readonly events: readonly string[];
  readonly endMark: RegExp;
  call(upstream: Upstream): UpstreamCall;
}

const WAYS: readonly Way[] = [
  {
    name: 'chat',
    client: chat,
    events: CHAT,
    endMark: /data: \[DONE\]\n\n$/,
    call: (upstream) => new DirectCall(upstream, chat, [Buffer.from('{}')], false),
  },
  {
    name: 'messages',
    client: messages,
    events: MESSAGES,
    endMark: /"message_stop"\}\n\n$/,
    call: (upstream) => new DirectCall(upstream, messages, [Buffer.from('{}')], false),
  },
  {
    name: 'chat, translated from messages',
    client: chat,
    events: MESSAGES,
    endMark: /data: \[DONE\]\n\n$/,
    call(upstream) {
      const request = { model: 'm', stream: true, messages: [{ role: 'user', content: 'Hi' }] };
      const translation = chatMessages.open(request, { model: 'm', maxTokensDefault: 10, id: 'id', now: 0 });
      const limits = { documentBytesMax: 1e6, eventBytesMax: 1e6 };
      return new TranslatedCall(upstream, messages, translation, limits);
    },
  },
];

/** An upstream that answers by hand, with the real transport before it. One request at a time. */
async function serve(t: Test, name: ClientName) {
  const sockets: Socket[] = [];
  /** Who each request came from. */
  const requests: Socket[] = [];
  let ends = 0;
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      if (String(bytes).startsWith('POST')) requests.push(socket);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const transport = new TRANSPORTS[name](origin, OPTIONS);
  t.teardown(async () => {
    await transport.close();
    server.close();
  });
  const settings = { name: 'X', origin, basePath: '', key: undefined, dialect: 'openai' } as const;
  const watched: Transport = {
    send(request, events) {
      const onEnd = events.onEnd.bind(events);
      events.onEnd = () => {
        ends++;
        onEnd();
      };
      return transport.send(request, events);
    },
    close: () => transport.close(),
  };
  const upstream: Upstream = { settings, transport: watched, gaps: new Gaps() };
  /** Begins an exchange, and has all but the end of its response sent. */
  const begin = async (way: Way) => {
    const before = requests.length;
    const begun = relayed({ api: way.client, call: () => way.call(upstream) });
    await poll('the request', () => (requests.length > before ? true : undefined));
    const socket = requests.at(-1)!;
    socket.write(HEAD);
    for (const text of way.events) socket.write(chunked(text));
    await poll('the end of the exchange', () =>
      begun.exchange.ended && !begun.client.open ? true : undefined,
    );
    return { ...begun, socket };
  };
  /** The end comes. */
  const end = async (socket: Socket) => {
    const before = ends;
    socket.write(LAST_CHUNK);
    await poll('the end of the response', () => (ends > before ? true : undefined));
  };
  return { begin, end, sockets };
}

for (const [name, way] of CLIENTS.flatMap((name) => WAYS.map((way) => [name, way] as const))) {
  t.test(`${name}: ${way.name}`, async (t) => {
    t.test('the end comes a little later: the connection is used again', async (t) => {
      const { begin, end, sockets } = await serve(t, name);
      for (let i = 0; i < 3; i++) {
        const { client, exchange, socket } = await begin(way);
        t.match(client, { text: way.endMark, misuse: [] });
        t.match(exchange, {
          outcome: 'completed',
          account: { countSource: 'reported', tokens: { output: 2 } },
        });
        t.notOk(socket.destroyed);
        await end(socket);
      }
      t.equal(sockets.length, 1);
    });

    t.test(
      'the end does not come: the connection is closed, and the next request gets another',
      async (t) => {
        const { begin, sockets } = await serve(t, name);
        const { client, socket } = await begin(way);
        t.match(client, { text: way.endMark });
        t.notOk(socket.destroyed, 'not at once');
        await poll('the connection to be closed', () => (socket.destroyed ? true : undefined));
        const again = await begin(way);
        t.match(again.client, { text: way.endMark });
        t.equal(sockets.length, 2);
        again.socket.write(LAST_CHUNK);
      },
    );

    t.test('a request that comes meanwhile gets another connection', async (t) => {
      const { begin, sockets } = await serve(t, name);
      const first = await begin(way);
      const second = await begin(way);
      t.equal(sockets.length, 2);
      t.match([first.client.text, second.client.text], [way.endMark, way.endMark]);
      first.socket.write(LAST_CHUNK);
      second.socket.write(LAST_CHUNK);
    });

    t.test('the connection is lost behind the end mark: nobody minds', async (t) => {
      const { begin, end, sockets } = await serve(t, name);
      const { socket, reports } = await begin(way);
      socket.resetAndDestroy();
      await poll('the end of the connection', () => (socket.closed ? true : undefined));
      const again = await begin(way);
      t.match(again.client, { text: way.endMark, misuse: [] });
      t.same([...reports, ...again.reports], []);
      t.equal(sockets.length, 2);
      await end(again.socket);
    });
  });
}

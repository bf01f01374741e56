// A JSON answer goes to the client when its upstream has ended it, and if it is whole and reports its usage, also when
// the connection breaks. Any other that breaks off is a 502, as long as it need not be sent piece by piece.
import t from 'tap';
import { messages } from '../../../src/core/dialects/anthropic.ts';
import { chat } from '../../../src/core/dialects/openai.ts';
import { HELD_BYTES_MAX } from '../../../src/core/meter/meter.ts';
import { TranslatedCall } from '../../../src/core/translate/call.ts';
import { chatMessages } from '../../../src/core/translate/chat_messages/translation.ts';
import { settled } from '../../fixtures/relayed.ts';
import { CLIENTS } from '../../fixtures/transports.ts';
import { askWritten } from '../../fixtures/written-upstream.ts';

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';
const CHUNKED = `${HEAD}Transfer-Encoding: chunked\r\n\r\n`;
const chunked = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const document = (content: string) =>
  JSON.stringify({
    choices: [{ message: { content }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 3, completion_tokens: 2 },
  });
const DOCUMENT = document('Hello.');
const REPORTED = { countSource: 'reported', tokens: { input: 3, output: 2 } };
const MESSAGE = JSON.stringify({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [{ type: 'text', text: 'Hello.' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 3, output_tokens: 2 },
});

for (const name of CLIENTS) {
  for (const [what, head, body] of [
    [
      'fewer bytes than Content-Length says',
      `${HEAD}Content-Length: ${DOCUMENT.length + 9}\r\n\r\n`,
      DOCUMENT,
    ],
    ['no last chunk', CHUNKED, chunked(DOCUMENT)],
    ['something that is no chunk', CHUNKED, `${chunked(DOCUMENT)}nothing\r\n`],
  ] as const) {
    t.test(`${name}: a whole document, and ${what}`, async (t) => {
      const { client, exchange, socket, over } = await askWritten(t, name);
      socket.end(head + body);
      await over;
      t.match(client, { status: 200, text: DOCUMENT, ended: 'responded', misuse: [] });
      t.match(exchange, { outcome: 'completed', account: REPORTED });
    });
  }

  t.test(`${name}: a whole document, and a last chunk that never comes`, async (t) => {
    const { client, exchange, socket, read, over } = await askWritten(t, name);
    socket.write(CHUNKED + chunked(DOCUMENT.slice(0, 20)));
    await read(20);
    await settled();
    t.equal(client.status, 0, 'nothing has been sent of half of it');
    socket.write(chunked(DOCUMENT.slice(20)));
    await read(DOCUMENT.length);
    // As if it had been waited for long enough.
    exchange.check(performance.now());
    exchange.check(performance.now() + 1e9);
    await over;
    t.match(client, { status: 200, text: DOCUMENT, ended: 'responded', misuse: [] });
    t.match(exchange, { outcome: 'completed', account: REPORTED });
  });

  for (const [what, first, rest] of [
    ['another document before it', '{"keepalive":1}\n', DOCUMENT],
    ['a stream that nobody asked for', 'data: {"choices":[{}]}\n\n', `data: ${DOCUMENT}\n\ndata: [DONE]\n\n`],
  ] as const) {
    t.test(`${name}: all of it goes on: ${what}`, async (t) => {
      const { client, exchange, socket, read, over } = await askWritten(t, name);
      socket.write(CHUNKED + chunked(first));
      await read(first.length);
      await settled();
      socket.end(`${chunked(rest)}0\r\n\r\n`);
      await over;
      t.match(client, { status: 200, text: first + rest, misuse: [] });
      t.match(exchange, { outcome: 'completed', account: REPORTED });
    });

    t.test(`${name}: it breaks off behind the first part: ${what}`, async (t) => {
      const { client, exchange, socket, over } = await askWritten(t, name);
      socket.end(CHUNKED + chunked(first));
      await over;
      t.match(client, { status: 502, misuse: [] });
      t.match(exchange, { outcome: 'upstream_failed' });
    });
  }

  t.test(`${name}: a document that breaks off`, async (t) => {
    const { client, exchange, socket, read, over } = await askWritten(t, name);
    socket.write(`${HEAD}Content-Length: ${DOCUMENT.length}\r\n\r\n${DOCUMENT.slice(0, 20)}`);
    await read(20);
    socket.write(DOCUMENT.slice(20, 40));
    await read(40);
    socket.end();
    await over;
    t.match(client, { status: 502, ended: 'responded', misuse: [] });
    t.match(client.text, /"upstream_broken"/);
    t.match(exchange, { outcome: 'upstream_failed', account: { countSource: 'none', tokens: { input: 0 } } });
  });

  const half = DOCUMENT.slice(0, -10);
  const reported =
    '{"usage":{"prompt_tokens":3,"completion_tokens":2},"choices":[{"message":{"content":"Half of';
  for (const [what, body] of [
    [
      'half a document that has reported its usage, behind a whole one',
      `{"status":"processing"}\n${reported}`,
    ],
    ['half a document behind a whole one', `${DOCUMENT}\n${half}`],
    ['half an error behind a document', `${DOCUMENT}\n{"error":{"mess`],
  ] as const) {
    for (const [how, length] of [
      ['fewer bytes than Content-Length says', `Content-Length: ${body.length + 9}\r\n`],
      ['ended as if it were whole', ''],
    ] as const) {
      t.test(`${name}: ${what}, ${how}`, async (t) => {
        const { client, exchange, socket, over } = await askWritten(t, name);
        socket.end(`${HEAD}${length}\r\n${body}`);
        await over;
        t.match(client, { status: 502, ended: 'responded', misuse: [] });
        t.match(exchange, { outcome: 'upstream_failed' });
      });
    }
  }

  t.test(`${name}: one that is long is sent as it comes`, async (t) => {
    const long = document('x'.repeat(HELD_BYTES_MAX * 3));
    const most = HELD_BYTES_MAX * 2;
    const { client, exchange, socket, read, over } = await askWritten(t, name);
    socket.write(`${HEAD}Content-Length: ${long.length}\r\n\r\n${long.slice(0, most)}`);
    await read(most);
    await settled();
    t.match(client, { status: 200, text: long.slice(0, most), ended: undefined }, 'before its end is known');
    socket.end();
    await over;
    t.match(client, { ended: 'cut', misuse: [] }, 'and cut when it breaks off');
    t.match(exchange, { outcome: 'upstream_failed', account: { countSource: 'observed' } });

    const whole = await askWritten(t, name);
    whole.socket.end(`${HEAD}\r\n${long}`);
    await whole.over;
    t.match(whole.client, { status: 200, text: long, misuse: [] });
    t.match(whole.exchange, { outcome: 'completed', account: REPORTED });
  });

  t.test(`${name}: blanks that keep the connection alive go on at once`, async (t) => {
    const { client, exchange, socket, read, over } = await askWritten(t, name);
    socket.write(CHUNKED + chunked('\n\n'));
    await read(2);
    await settled();
    t.match(client, { status: 200, text: '\n\n' });
    socket.end(chunked(DOCUMENT));
    await over;
    t.match(client, { text: `\n\n${DOCUMENT}`, ended: 'ended', misuse: [] });
    t.equal(exchange.outcome, 'completed');
  });

  t.test(`${name}: a stream that does not say that it is one goes on as it comes, to its end`, async (t) => {
    const event = 'data: {"choices":[{"delta":{"content":"Hello."}}]}\n\n';
    const { client, socket, read, over } = await askWritten(t, name, { stream: true });
    socket.write(CHUNKED + chunked(event));
    await read(event.length);
    await settled();
    t.match(client, { status: 200, text: event, ended: undefined });
    socket.end(`${chunked(event)}0\r\n\r\n`);
    await over;
    t.match(client, { text: event + event, ended: 'ended', misuse: [] });
  });

  t.test(`${name}: a whole document that is translated`, async (t) => {
    const request = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] };
    const options = { model: 'm', maxTokensDefault: 10, id: 'id', now: 0 };
    const limits = { documentBytesMax: 1e6, eventBytesMax: 1e6 };
    const { client, exchange, socket, over } = await askWritten(t, name, {
      api: chat,
      call: (upstream) => new TranslatedCall(upstream, messages, chatMessages.open(request, options), limits),
    });
    socket.end(`${HEAD}Content-Length: ${MESSAGE.length + 9}\r\n\r\n${MESSAGE}`);
    await over;
    t.match(client, { status: 200, text: /"content":"Hello\."/, ended: 'responded', misuse: [] });
    t.match(exchange, { outcome: 'completed', account: REPORTED });
  });
}

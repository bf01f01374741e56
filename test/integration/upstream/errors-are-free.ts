// A client that gets an error of ours and not a byte of an answer is charged nothing, whatever its upstream began with;
// unless the upstream has reported what it charges itself.
import t, { type Test } from 'tap';
import { messages } from '../../../src/core/dialects/anthropic.ts';
import type { Api } from '../../../src/core/dialects/api.ts';
import { PROMPT_ESTIMATE } from '../../fixtures/relayed.ts';
import { CLIENTS, type ClientName } from '../../fixtures/transports.ts';
import { askWritten } from '../../fixtures/written-upstream.ts';

const JSON_HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';
const STREAM_HEAD =
  'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n';
const chunked = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const NO_CHUNK = 'this is no chunk\r\n';
const START = `event: message_start\ndata: ${JSON.stringify({
  type: 'message_start',
  message: { id: 'msg_1', model: 'm', usage: { input_tokens: 41, output_tokens: 1 } },
})}\n\n`;

interface Answered {
  readonly api?: Api;
  readonly stream?: boolean;
  /** What the upstream says before it closes the connection. */
  readonly said: string;
}

async function ask(t: Test, name: ClientName, { said, ...asked }: Answered) {
  const written = await askWritten(t, name, asked);
  written.socket.end(said);
  await written.over;
  return written;
}

const FREE: readonly [name: string, answered: Answered][] = [
  ['a status without a body', { said: 'HTTP/1.1 204 No Content\r\n\r\n' }],
  ['no body at all', { said: `${JSON_HEAD}Content-Length: 0\r\n\r\n` }],
  ['broken chunks in place of JSON', { said: `${JSON_HEAD}Transfer-Encoding: chunked\r\n\r\n${NO_CHUNK}` }],
  ['broken chunks in place of a stream', { said: STREAM_HEAD + NO_CHUNK, stream: true }],
  [
    'broken chunks in place of a stream of the other dialect',
    { said: STREAM_HEAD + NO_CHUNK, api: messages, stream: true },
  ],
  ['half a document', { said: `${JSON_HEAD}\r\n{"choices":[{"message":{"content":"Half of` }],
];

for (const name of CLIENTS) {
  for (const [what, answered] of FREE) {
    t.test(`${name}: ${what} is free`, async (t) => {
      const { client, exchange } = await ask(t, name, answered);
      t.match(client, { status: 502, misuse: [] });
      t.match(exchange, { outcome: 'upstream_failed', status: 502 });
      t.match(exchange.account, {
        countSource: 'none',
        tokens: { input: 0, output: 0 },
        counts: { reportedInput: null, reportedOutput: null },
      });
    });
  }

  t.test(`${name}: what the upstream has reported is charged`, async (t) => {
    const said = STREAM_HEAD + chunked(START) + NO_CHUNK;
    const { client, exchange } = await ask(t, name, { said, api: messages, stream: true });
    // With undici the event may have been sent on before the framing turned out to be broken.
    if (name === 'apipod') t.match(client, { status: 502, misuse: [] });
    t.match(exchange.account, { tokens: { input: 41 }, counts: { reportedInput: 41 } });
  });

  t.test(`${name}: a stream that has begun is charged for what there was`, async (t) => {
    const text = 'data: {"choices":[{"delta":{"content":"Hello."}}]}\n\n';
    const { client, exchange } = await ask(t, name, { said: STREAM_HEAD + chunked(text), stream: true });
    t.match(client, { status: 200, ended: 'cut', misuse: [] });
    t.match(exchange.account, { countSource: 'observed', tokens: { input: PROMPT_ESTIMATE, output: 2 } });
  });
}

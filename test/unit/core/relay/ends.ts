// How a stream ends: with its end mark, whatever becomes of the connection after it; without it, it is broken.
import t from 'tap';
import { messages } from '../../../../src/core/dialects/anthropic.ts';
import { chat } from '../../../../src/core/dialects/openai.ts';
import { TranslatedCall } from '../../../../src/core/translate/call.ts';
import { chatMessages } from '../../../../src/core/translate/chat_messages/translation.ts';
import { relayed, settled } from '../../../fixtures/relayed.ts';

const SSE = 'text/event-stream';
const event = (data: { readonly type: string; readonly [key: string]: unknown }): string =>
  `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const SAID =
  event({ type: 'message_start', message: { id: 'msg_1', model: 'm', usage: { input_tokens: 3 } } }) +
  event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }) +
  event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hello.' } }) +
  event({ type: 'content_block_stop', index: 0 }) +
  event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } });
const STOP = event({ type: 'message_stop' });
const RESET = { kind: 'reset', cause: undefined } as const;

t.test('the connection is lost behind the end mark', async (t) => {
  const { client, upstream, exchange } = relayed({ api: messages });
  upstream.head(200, SSE);
  upstream.chunk(SAID + STOP);
  await settled();
  t.match(
    client,
    { text: SAID + STOP, ended: 'responded', misuse: [] },
    'the client need not wait for its end',
  );
  upstream.do((events) => events.onFailed(RESET), true);
  await settled();
  t.match(client, { text: SAID + STOP, misuse: [] });
  t.match(exchange, { outcome: 'completed', account: { countSource: 'reported' } });
});

t.test('the connection is lost before it', async (t) => {
  const { client, upstream, exchange } = relayed({ api: messages });
  upstream.head(200, SSE);
  upstream.chunk(SAID);
  await settled();
  upstream.do((events) => events.onFailed(RESET), true);
  await settled();
  t.match(client, { ended: 'cut', misuse: [] });
  t.equal(exchange.outcome, 'upstream_failed');
});

t.test('a translated stream ends with the end mark, not with the connection', async (t) => {
  const request = { model: 'm', stream: true, messages: [{ role: 'user', content: 'Hi' }] };
  const options = { model: 'm', maxTokensDefault: 10, id: 'id', now: 0 };
  const { client, upstream, exchange } = relayed({
    api: chat,
    call: (upstream) =>
      new TranslatedCall(upstream, messages, chatMessages.open(request, options), {
        documentBytesMax: 1e6,
        eventBytesMax: 1e6,
      }),
  });
  upstream.head(200, SSE);
  upstream.chunk(SAID + STOP);
  await settled();
  t.match(client, { text: /"finish_reason":"stop".*\n\ndata: \[DONE\]\n\n$/, ended: 'responded' });
  upstream.end();
  await settled();
  t.match(client, { text: /\[DONE\]\n\n$/, ended: 'responded', misuse: [] });
  t.equal(client.text.split('[DONE]').length, 2, 'once');
  t.equal(exchange.outcome, 'completed');
});

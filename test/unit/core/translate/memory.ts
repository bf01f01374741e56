// A translated stream needs the same memory however long it is: 600,000 tokens each way.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t from 'tap';
import { messages } from '../../../../src/core/dialects/anthropic.ts';
import type { Api } from '../../../../src/core/dialects/api.ts';
import { chat } from '../../../../src/core/dialects/openai.ts';
import { TranslatedCall } from '../../../../src/core/translate/call.ts';
import { chatMessages } from '../../../../src/core/translate/chat_messages/translation.ts';
import { messagesChat } from '../../../../src/core/translate/messages_chat/translation.ts';
import type { JsonObject, Translation } from '../../../../src/core/translate/translation.ts';
import { exchangeInMemory } from '../../../fixtures/exchange.ts';
import { FakeUpstream } from '../../../fixtures/upstream.ts';

const TOKENS = 600_000;
const GROWTH_BYTES_MAX = 2 * 1024 * 1024;
const TOKENS_A_CHUNK = 100;

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

function used(): number {
  gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

interface Way {
  readonly name: string;
  readonly client: Api;
  readonly upstream: Api;
  readonly translation: Translation;
  readonly request: JsonObject;
  readonly begin: string;
  readonly token: (n: number) => string;
  readonly end: string;
  /** What each token comes to. */
  readonly delta: RegExp;
}

const event = (data: { type: string }): string => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`;
const chunk = (delta: object, finish_reason: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', model: 'm', choices: [{ index: 0, delta, finish_reason }] })}\n\n`;

const WAYS: readonly Way[] = [
  {
    name: 'chat_messages',
    client: chat,
    upstream: messages,
    translation: chatMessages,
    request: { model: 'm', stream: true, messages: [{ role: 'user', content: 'Count.' }] },
    begin:
      event({
        type: 'message_start',
        message: { id: 'msg_1', model: 'm', usage: { input_tokens: 3 } },
      } as never) +
      event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } } as never),
    token: (n) =>
      event({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: `${n} ` } } as never),
    end:
      event({ type: 'content_block_stop', index: 0 } as never) +
      event({
        type: 'message_delta',
        delta: { stop_reason: 'end_turn' },
        usage: { output_tokens: TOKENS },
      } as never) +
      event({ type: 'message_stop' }),
    delta: /"content":"\d+ "/g,
  },
  {
    name: 'messages_chat',
    client: messages,
    upstream: chat,
    translation: messagesChat,
    request: { model: 'm', stream: true, max_tokens: 1, messages: [{ role: 'user', content: 'Count.' }] },
    begin: chunk({ role: 'assistant', content: '' }),
    token: (n) => chunk({ content: `${n} ` }),
    end: `${chunk({}, 'stop')}data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":${TOKENS}}}\n\ndata: [DONE]\n\n`,
    delta: /"text":"\d+ "/g,
  },
];

for (const way of WAYS) {
  t.test(way.name, async (t) => {
    const { exchange } = exchangeInMemory({ api: way.client });
    const translated = way.translation.open(way.request, {
      model: 'm',
      maxTokensDefault: 1,
      id: 'id',
      now: 0,
    });
    const limits = { documentBytesMax: 1e6, eventBytesMax: 1e6 };
    const call = new TranslatedCall(new FakeUpstream(way.upstream.dialect), way.upstream, translated, limits);
    const answer = call.receive(exchange, {
      status: 200,
      headers: [],
      contentType: 'text/event-stream',
      contentEncoding: '',
    });

    let deltas = 0;
    const push = (text: string): void => {
      const out: Uint8Array[] = [];
      answer.push(Buffer.from(text), out);
      for (const part of out) deltas += part.toString().match(way.delta)?.length ?? 0;
    };
    const pushTokens = (from: number, to: number): void => {
      for (let n = from; n < to; n += TOKENS_A_CHUNK) {
        push(Array.from({ length: TOKENS_A_CHUNK }, (_, i) => way.token(n + i)).join(''));
      }
    };
    push(way.begin);
    pushTokens(0, TOKENS / 10);
    const before = used();
    pushTokens(TOKENS / 10, TOKENS);
    const growth = used() - before;
    push(way.end);
    const last: Uint8Array[] = [];
    t.ok(answer.whole);
    answer.finish(last);
    t.equal(deltas, TOKENS, 'each token has gone out');
    t.ok(growth < GROWTH_BYTES_MAX, `memory grew by ${growth} bytes`);
    t.equal(answer.settle(false), 'reported');
    t.match(exchange.reported, { input: 3, output: TOKENS });
  });
}

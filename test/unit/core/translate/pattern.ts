// Events that are alike but for their text are translated by their bytes: the client reads the same as if each had been
// taken apart, however the stream is cut, and whatever stands between them.
import t from 'tap';
import { messages } from '../../../../src/core/dialects/anthropic.ts';
import type { Api } from '../../../../src/core/dialects/api.ts';
import { chat } from '../../../../src/core/dialects/openai.ts';
import { StreamMeter } from '../../../../src/core/meter/stream.ts';
import { chatMessages } from '../../../../src/core/translate/chat_messages/translation.ts';
import { messagesChat } from '../../../../src/core/translate/messages_chat/translation.ts';
import { Pattern } from '../../../../src/core/translate/pattern.ts';
import { TranslatedStream } from '../../../../src/core/translate/stream.ts';
import type { AnswerTranslation, JsonObject } from '../../../../src/core/translate/translation.ts';
import { exchangeInMemory } from '../../../fixtures/exchange.ts';
import { seeded } from '../../../fixtures/random.ts';

const TEXTS = [
  'The',
  ' quick',
  ' "fox"',
  '\n\n',
  '\t',
  '\\',
  'é',
  '世界',
  '\u{1f600}',
  '\u2028',
  'text',
  ' over',
];
const OPTIONS = { model: 'm', maxTokensDefault: 100, id: 'id', now: 0 };
const REQUEST = { model: 'm', stream: true, max_tokens: 9, messages: [{ role: 'user', content: 'Go on.' }] };

/** As different servers spell the same text. */
const SPELLINGS: readonly ((event: object) => string)[] = [
  JSON.stringify,
  (event) =>
    JSON.stringify(event).replace(
      /[\u0080-\uffff]/g,
      (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
    ),
  (event) => JSON.stringify(event, null, 1).replaceAll('\n', ' '),
];

type Spell = (event: object) => string;

function anthropicEvents(random: () => number, spell: Spell): string[] {
  const event = (data: { readonly type: string; readonly [key: string]: unknown }): string =>
    `event: ${data.type}\ndata: ${spell(data)}\n\n`;
  const events = [
    event({ type: 'message_start', message: { id: 'msg_1', model: 'm', usage: { input_tokens: 3 } } }),
  ];
  const kinds = [
    { block: { type: 'text', text: '' }, delta: (text: string) => ({ type: 'text_delta', text }) },
    {
      block: { type: 'thinking', thinking: '' },
      delta: (thinking: string) => ({ type: 'thinking_delta', thinking }),
    },
    {
      block: { type: 'tool_use', id: 'toolu_1', name: 'f', input: {} },
      delta: (partial_json: string) => ({ type: 'input_json_delta', partial_json }),
    },
  ];
  for (let index = 0; index < 4; index++) {
    const { block, delta } = kinds[Math.floor(random() * kinds.length)]!;
    events.push(event({ type: 'content_block_start', index, content_block: block }));
    for (let i = Math.floor(random() * 12); i > 0; i--) {
      const text = TEXTS[Math.floor(random() * TEXTS.length)]!;
      events.push(event({ type: 'content_block_delta', index, delta: delta(text) }));
      if (random() < 0.1) events.push(event({ type: 'ping' }));
    }
    events.push(event({ type: 'content_block_stop', index }));
  }
  const usage = { output_tokens: 7 };
  events.push(
    event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage }),
    event({ type: 'message_stop' }),
  );
  return events;
}

function openaiEvents(random: () => number, spell: Spell): string[] {
  const chunk = (delta: object, finish_reason: string | null = null, more = {}): string =>
    `data: ${spell({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason }], usage: null, ...more })}\n\n`;
  const events = [chunk({ role: 'assistant', content: '' })];
  for (let i = 0; i < 40; i++) {
    const text = TEXTS[Math.floor(random() * TEXTS.length)]!;
    const dice = random();
    if (dice < 0.05) events.push(chunk({ reasoning_content: text }));
    else if (dice < 0.1) events.push(': comment\n\n');
    else if (dice < 0.15)
      events.push(chunk({ content: text }, null, { usage: { prompt_tokens: 3, completion_tokens: i } }));
    else if (dice < 0.2) events.push(chunk({ content: text, refusal: null }));
    else events.push(chunk({ content: text }));
  }
  events.push(chunk({}, 'stop'), 'data: [DONE]\n\n');
  return events;
}

/** What a client is sent, event by event. */
function translate(
  client: Api,
  upstream: Api,
  translated: AnswerTranslation,
  chunks: readonly Buffer[],
): unknown[] {
  const { exchange } = exchangeInMemory({ api: client });
  const stream = new TranslatedStream(
    new StreamMeter(upstream, exchange.reported, false),
    exchange,
    translated,
    1e6,
  );
  const out: Uint8Array[] = [];
  for (const chunk of chunks) stream.push(chunk, out);
  stream.finish(out);
  const text = Buffer.concat(out).toString();
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => (line === 'data: [DONE]' ? line : JSON.parse(line.slice('data: '.length))));
}

/** The same, without patterns. */
const plainly = ({ stream, ...others }: AnswerTranslation): AnswerTranslation => ({
  ...others,
  stream(emit) {
    const translator = stream(emit);
    return { push: (event) => translator.push(event), end: () => translator.end() };
  },
});

function cut(bytes: Buffer, random: () => number): Buffer[] {
  const chunks: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const to = at + 1 + Math.floor(random() * 400);
    chunks.push(bytes.subarray(at, to));
    at = to;
  }
  return chunks;
}

const WAYS = [
  {
    name: 'chat_messages',
    client: chat,
    upstream: messages,
    translation: chatMessages,
    events: anthropicEvents,
  },
  {
    name: 'messages_chat',
    client: messages,
    upstream: chat,
    translation: messagesChat,
    events: openaiEvents,
  },
];

for (const { name, client, upstream, translation, events } of WAYS) {
  t.test(name, async (t) => {
    const open = () => translation.open(REQUEST, OPTIONS).answer;
    for (let seed = 0; seed < 300; seed++) {
      const random = seeded(seed);
      const parts = events(random, SPELLINGS[seed % SPELLINGS.length]!).map((event) => Buffer.from(event));
      const bytes = Buffer.concat(parts);
      const expected = translate(client, upstream, plainly(open()), [bytes]);
      for (const chunks of [parts, [bytes], cut(bytes, random)]) {
        const found = translate(client, upstream, open(), chunks);
        if (JSON.stringify(found) !== JSON.stringify(expected)) t.same(found, expected, `seed ${seed}`);
      }
    }
    t.pass('300 streams');
  });
}

t.test('of a long answer, the translator sees little', async (t) => {
  const delta = `event: content_block_delta\ndata: ${JSON.stringify({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'word ' } })}\n\n`;
  const [start, ...rest] = anthropicEvents(() => 0, JSON.stringify);
  const parts = [start!, rest[0]!, ...Array<string>(1_000).fill(delta), ...rest.slice(1)];
  const translated = chatMessages.open(REQUEST, OPTIONS).answer;
  let pushed = 0;
  const counted: AnswerTranslation = {
    ...translated,
    stream(emit) {
      const translator = translated.stream(emit);
      const push = translator.push.bind(translator);
      translator.push = (event) => {
        pushed++;
        push(event);
      };
      return translator;
    },
  };
  const events = translate(
    chat,
    messages,
    counted,
    parts.map((part) => Buffer.from(part)),
  );
  t.ok(events.length > 1_000);
  t.ok(pushed < 50, `${pushed} of ${parts.length} events`);
});

const LESSON = {
  said: ({ text }: JsonObject) => (typeof text === 'string' ? text : undefined),
  translate: ({ text }: JsonObject) => `<${text}|${text}>`,
};
const event = (text: string): Buffer => Buffer.from(`data: {"type":"text","text":${text},"x":"text"}\n\n`);

t.test('a pattern takes what it has learned, and nothing else', async (t) => {
  const pattern = Pattern.learn(event('"fox"'), 'fox', LESSON)!;
  t.equal(pattern.render(event('"dog"')), '<dog|dog>');
  t.equal(
    pattern.render(Buffer.concat([event('"a"'), event('"\\u00fc\\n\\""')])),
    '<a|a><\\u00fc\\n\\"|\\u00fc\\n\\">',
  );
  const others = ['""', '7', '"a\tb"', '"\\x"', '"\\u12g4"', '"a","b":"c"', '"a'];
  for (const other of others) t.equal(pattern.render(event(other)), undefined, other);
  t.equal(pattern.render(event('"dog"').subarray(0, -1)), undefined, 'not whole');
  t.equal(pattern.render(Buffer.concat([event('"dog"'), Buffer.from(': ping\n\n')])), undefined);
  t.equal(pattern.used, 3);
});

t.test('none is learned from an event whose text is elsewhere, or nowhere', async (t) => {
  t.equal(Pattern.learn(event('"text"'), 'text', LESSON), undefined, 'the last such string is another one');
  t.equal(Pattern.learn(event('"\\u0066ox"'), 'fox', LESSON), undefined, 'spelled otherwise');
  t.equal(Pattern.learn(event('"fox"'), 'fox', { ...LESSON, translate: () => '' }), undefined);
});

// Events that are like one before them are not scanned: what is counted, seen and forwarded must be what it would be if
// each had been.
import t from 'tap';
import { messages } from '../../../../src/core/dialects/anthropic.ts';
import type { Api } from '../../../../src/core/dialects/api.ts';
import { chat } from '../../../../src/core/dialects/openai.ts';
import { StreamMeter } from '../../../../src/core/meter/stream.ts';
import { EventTemplate } from '../../../../src/core/meter/template.ts';
import { seeded } from '../../../fixtures/random.ts';

const TEXTS = [
  '',
  'The',
  ' "fox"',
  '\n\n',
  '\\',
  '世界',
  '\u{1f600}',
  '"usage":{"prompt_tokens":9}',
  'x'.repeat(90),
];
/** What to break an event with. */
const SHARDS = [
  '"',
  '\\',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\n',
  '\r',
  '0',
  'x',
  '\\u00',
  '"usage":{"prompt_tokens":1}',
  '',
];

type Random = () => number;

const pick = <T>(random: Random, from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
const data = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;

const chunk = (delta: object, more: object = {}) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason: null }],
  ...more,
});

/** Events as upstreams send them one after the other. */
const KINDS: readonly { readonly api: Api; readonly event: (text: string, random: Random) => string }[] = [
  { api: chat, event: (content) => data(chunk({ content })) },
  {
    api: chat,
    event: (content, random) =>
      data(chunk({ content }, { usage: null, obfuscation: 'aZ3'.repeat(random() * 5) })),
  },
  {
    api: chat,
    event: (content) => data(chunk({ content }, { usage: { prompt_tokens: 3, completion_tokens: 5 } })),
  },
  {
    api: chat,
    event: (text) =>
      data(chunk({ tool_calls: [{ index: 0, function: { arguments: text } }], content: text })),
  },
  {
    api: chat,
    event: (_, random) =>
      data({ choices: [], usage: { prompt_tokens: 4, completion_tokens: Math.floor(random() * 9) } }),
  },
  {
    api: messages,
    event: (text) =>
      `event: content_block_delta\r\n${data({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })}`,
  },
];

function damaged(event: string, random: Random): string {
  const at = Math.floor(random() * event.length);
  return event.slice(0, at) + pick(random, SHARDS) + event.slice(at + Math.floor(random() * 3));
}

function meter(api: Api, chunks: readonly Buffer[], usageHidden: boolean) {
  const counts = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
  const stream = new StreamMeter(api, counts, usageHidden);
  const out: Uint8Array[] = [];
  for (const chunk of chunks) stream.push(chunk, out);
  const { whole, over, interruptible, failed, textBytes } = stream;
  stream.finish(out);
  const text = Buffer.concat(out).toString('latin1');
  return { counts, whole, over, interruptible, failed, textBytes, settled: stream.settle(true), text };
}

t.test('as if each event were scanned', async (t) => {
  for (let seed = 1; seed <= 1_500; seed++) {
    const random = seeded(seed);
    const { api, event } = pick(random, KINDS);
    const other = pick(random, KINDS).event;
    const events = Array.from({ length: 20 }, () => {
      const next = (random() < 0.15 ? other : event)(pick(random, TEXTS), random);
      return random() < 0.15 ? damaged(next, random) : next;
    });
    const whole = Buffer.from(events.join(''));
    const usageHidden = random() < 0.5;
    // In an event that does not come whole nothing is recognized.
    const scanned = meter(
      api,
      Array.from(whole, (byte) => Buffer.of(byte)),
      usageHidden,
    );
    const cut = Math.floor(random() * whole.length);
    const cuts = [
      [whole],
      events.map((text) => Buffer.from(text)),
      [whole.subarray(0, cut), whole.subarray(cut)],
    ];
    for (const chunks of cuts) {
      const found = meter(api, chunks, usageHidden);
      const same = JSON.stringify(found) === JSON.stringify(scanned);
      if (!same) t.same(found, scanned, `seed ${seed}: ${JSON.stringify(events)}`);
    }
  }
  t.pass('1,500 streams');
});

t.test('most events of a stream are recognized', async (t) => {
  const { compare } = Buffer.prototype;
  t.teardown(() => {
    Buffer.prototype.compare = compare;
  });
  for (const { api, event } of [KINDS[0]!, KINDS[1]!, KINDS.at(-1)!]) {
    let alike = 0;
    Buffer.prototype.compare = function counted(this: Buffer, ...args: Parameters<Buffer['compare']>) {
      const result = compare.apply(this, args);
      if (result === 0) alike++;
      return result;
    };
    const events = Array.from({ length: 50 }, (_, i) => Buffer.from(event(` word ${i}`, seeded(i + 1))));
    meter(api, events, false);
    Buffer.prototype.compare = compare;
    t.ok(alike >= 49 * 2, `${alike} parts of 49 events`);
  }
});

t.test('an event is told from others', async (t) => {
  const at = (text: string, part: string) => ({
    start: text.indexOf(part),
    end: text.indexOf(part) + part.length,
  });
  const event = '{"a":"text","b":"pad","c":1}\n';
  const plain = new EventTemplate(Buffer.from(event), at(event, 'text'));
  const padded = new EventTemplate(Buffer.from(event), at(event, 'text'), at(event, 'pad'));
  const match = (template: EventTemplate, text: string) => template.match(Buffer.from(`..${text}`), 2) - 2;
  const text = '{"a":"\\"\\u00e9\\n","b":"pad","c":1}\n';
  t.equal(match(plain, `${text}more`), text.length);
  t.same([plain.textStart, plain.textEnd], [8, 18]);
  t.equal(match(padded, '{"a":"","b":"","c":1}\n'), 22);
  for (const other of [
    text.slice(0, -1),
    text.replace('pad', 'x'),
    text.replace('1', '2'),
    text.replace('\\n', '\n'),
    text.replace('\\n', '\\'),
    text.replace('\\u00e9', '\\u00g9'),
    text.replace('{', '['),
  ])
    t.equal(match(plain, other), -3, other);
  t.equal(match(padded, text.replace('pad', 'a\rb')), -3);
  t.equal(match(padded, text.replace('pad', 'a').replace('1', '2')), -3);
});

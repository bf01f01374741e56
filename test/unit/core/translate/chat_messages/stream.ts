// Anthropic's stream as chunks of a chat completion: what each event becomes, and what is due at the end.
import t from 'tap';
import type { JsonObject } from '../../../../../src/core/translate/translation.ts';
import { STREAMS, textBlock, toolBlock } from './fixtures/streams.ts';
import { chunks, deltas, open } from './fixtures/translate.ts';

const WITH_USAGE = { stream: true, stream_options: { include_usage: true } };
const format = 'anthropic-claude-v1';

const finishes = (list: readonly JsonObject[]): unknown[] =>
  list.flatMap(({ choices }) => choices as JsonObject[]).map(({ finish_reason }) => finish_reason);

interface CallDelta {
  readonly index: number;
  readonly id?: string;
  readonly function: { readonly name?: string; readonly arguments: string };
}

/** The calls, with their arguments put together. */
function calls(list: readonly JsonObject[]): unknown[] {
  const parts = deltas(list).flatMap(({ tool_calls }) => (tool_calls ?? []) as CallDelta[]);
  return parts
    .filter(({ id }) => id !== undefined)
    .map(({ index, id, function: { name } }) => {
      const own = parts.filter((part) => part.index === index);
      return { id, name, arguments: own.map((part) => part.function.arguments).join('') };
    });
}

t.test('text', async (t) => {
  const list = chunks(STREAMS.text);
  t.same(list[0], {
    id: 'chatcmpl-01AbC',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'claude-sonnet-4-5',
    choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }],
  });
  t.same(deltas(list).slice(1), [
    { content: 'Grüße' },
    { content: ', ' },
    { content: '世界 💥' },
    { content: '!' },
  ]);
  t.same(finishes(list), [null, null, null, null, null, 'stop']);
  t.notOk(list.some((chunk) => 'usage' in chunk));
});

t.test('usage, where the client asks for it', async (t) => {
  const list = chunks(STREAMS.odd, WITH_USAGE);
  t.same(
    list.slice(0, -1).map(({ usage }) => usage),
    Array(list.length - 1).fill(null),
  );
  t.match(list.at(-1), { id: 'chatcmpl-01AbC', object: 'chat.completion.chunk', choices: [] });
  t.same(
    list.at(-1)!.usage,
    {
      prompt_tokens: 73,
      completion_tokens: 9,
      total_tokens: 82,
      prompt_tokens_details: { cached_tokens: 5, cache_write_tokens: 7 },
    },
    'the last word counts, field by field',
  );
  t.same(finishes(list).at(-1), 'length');
  t.match(chunks(STREAMS.thinking, WITH_USAGE).at(-1)!.usage, {
    completion_tokens: 30,
    completion_tokens_details: { reasoning_tokens: 18 },
  });
});

t.test('a stream without usage and without an end', async (t) => {
  const list = chunks(STREAMS.bare, WITH_USAGE);
  t.same(finishes(list), [null, null, null, 'stop']);
  t.match(list.at(-1)!.usage, { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 });
});

t.test('the end comes once, and nothing behind it', async (t) => {
  const list: JsonObject[] = [];
  const stream = open(WITH_USAGE).answer.stream((chunk) => list.push(chunk));
  for (const event of STREAMS.text) stream.push(event);
  const { length } = list;
  for (const event of [...STREAMS.text, { type: 'message_stop' }]) stream.push(event);
  stream.end();
  stream.end();
  t.equal(list.length, length);
});

t.test('no event at all is an empty answer', async (t) => {
  const list = chunks([]);
  t.match(list[0], { id: 'chatcmpl-own-id', model: 'routed' });
  t.same(finishes(list), [null, 'stop']);
  t.same(finishes(chunks(STREAMS.empty)), [null, 'stop']);
});

t.test('a tool call begins with its name, and its arguments follow', async (t) => {
  const list = chunks(STREAMS.tool);
  t.same(deltas(list).slice(2), [
    {
      tool_calls: [
        { index: 0, id: 'toolu_1', type: 'function', function: { name: 'weather', arguments: '' } },
      ],
    },
    { tool_calls: [{ index: 0, function: { arguments: '{"city":' } }] },
    { tool_calls: [{ index: 0, function: { arguments: ' "Bern"}' } }] },
  ]);
  t.equal(finishes(list).at(-1), 'tool_calls');
});

t.test('calls are counted among themselves, and always have arguments', async (t) => {
  t.same(calls(chunks(STREAMS.tools)), [
    { id: 'toolu_1', name: 'weather', arguments: '{"city": "Bern"}' },
    { id: 'toolu_2', name: 'time', arguments: '{}' },
  ]);
});

t.test('arguments that come whole at the start of the block', async (t) => {
  const list = chunks(STREAMS.wholeTool);
  t.same(calls(list), [{ id: 'toolu_1', name: 'weather', arguments: '{"city":"Bern"}' }]);
  t.equal(finishes(list).at(-1), 'tool_calls', 'whatever reason the upstream gives');
  const unclosed = STREAMS.wholeTool.filter(({ type }) => type !== 'content_block_stop');
  t.same(calls(chunks(unclosed)), calls(list), 'also if the block never ends');
});

t.test('calls whose arguments come by turns', async (t) => {
  const [startA, a1, a2, stopA] = toolBlock(0, 'a', 'f', '{"x"', ':1}');
  const [startB, b1, b2, stopB] = toolBlock(1, 'b', 'g', '{"y"', ':2}');
  t.same(calls(chunks([startA!, startB!, b1!, a1!, b2!, a2!, stopB!, stopA!])), [
    { id: 'a', name: 'f', arguments: '{"x":1}' },
    { id: 'b', name: 'g', arguments: '{"y":2}' },
  ]);
});

t.test('calls that are never closed do not pile up', async (t) => {
  const events = Array.from({ length: 1000 }, (_, i) => toolBlock(i, `c${i}`, 'f')[0]!);
  const all = calls(chunks(events)) as { arguments: string }[];
  t.equal(all.length, 1000);
  t.ok(all.every((call) => call.arguments === '{}'));
});

t.test('thinking, and the signature that proves it', async (t) => {
  t.same(deltas(chunks(STREAMS.thinking)).slice(1, -1), [
    {
      reasoning_content: 'The user ',
      reasoning_details: [{ type: 'reasoning.text', text: 'The user ', format, index: 0 }],
    },
    {
      reasoning_content: 'greets.',
      reasoning_details: [{ type: 'reasoning.text', text: 'greets.', format, index: 0 }],
    },
    { reasoning_details: [{ type: 'reasoning.text', signature: 'c2lnMQ==', format, index: 0 }] },
  ]);
  t.same(deltas(chunks(STREAMS.redacted)).slice(1, 3), [
    { reasoning_details: [{ type: 'reasoning.encrypted', data: 'ZW5j', format, index: 0 }] },
    {
      reasoning_content: 'Openly.',
      reasoning_details: [{ type: 'reasoning.text', text: 'Openly.', format, index: 1 }],
    },
  ]);
});

t.test('server tools and citations are passed over', async (t) => {
  t.same(deltas(chunks(STREAMS.serverTool)).slice(1), [{ content: 'Searching. ' }, { content: 'Found.' }]);
});

t.test('a refusal', async (t) => {
  const stop_details = { type: 'refusal', category: 'bio', explanation: 'Not that.' };
  const list = chunks([
    ...textBlock(0, 'Well'),
    { type: 'message_delta', delta: { stop_reason: 'refusal', stop_details } },
  ]);
  t.same(deltas(list).slice(1), [{ content: 'Well' }, { refusal: 'Not that.' }]);
  t.equal(finishes(list).at(-1), 'content_filter');
});

t.test('events of no shape at all change nothing', async (t) => {
  const junk: JsonObject[] = [
    {},
    { type: 7 },
    { type: 'content_block_start' },
    { type: 'content_block_start', index: 0, content_block: [] },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: 1 } },
    { type: 'content_block_delta', index: 0, delta: null },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: { a: 1 } } },
    { type: 'content_block_delta', index: 9, delta: { type: 'input_json_delta', partial_json: '{}' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: '' } },
    { type: 'content_block_stop' },
    { type: 'message_delta', delta: 'x', usage: 'y' },
    { type: 'message_delta', usage: { output_tokens: '7', input_tokens: -1 } },
  ];
  const odd = junk.flatMap((event) => [event, ...junk]);
  t.same(
    chunks([STREAMS.text[0]!, ...odd, ...STREAMS.text.slice(1)], WITH_USAGE),
    chunks(STREAMS.text, WITH_USAGE),
  );
});

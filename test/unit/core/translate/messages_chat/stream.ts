// Streams of chat completions become streams of messages that the official library reads, whoever sends them.
import t from 'tap';
import { STREAMS } from './fixtures/streams.ts';
import {
  call,
  chunk,
  eventsOf,
  matchEach,
  open,
  outline,
  readBySdk,
  usageChunk,
} from './fixtures/translate.ts';

t.test('text, event by event', async (t) => {
  const events = eventsOf(STREAMS.openai);
  t.same(events[0], {
    type: 'message_start',
    message: {
      id: 'msg_A1',
      type: 'message',
      role: 'assistant',
      model: 'gpt-x',
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      usage: {
        input_tokens: 0,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        output_tokens: 0,
      },
    },
  });
  t.same(events.slice(1, 5), [
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hé' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'llo ☂\n' } },
    { type: 'content_block_stop', index: 0 },
  ]);
  t.same(events.slice(5), [
    {
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null, stop_details: null },
      usage: {
        input_tokens: 40,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 60,
        output_tokens: 20,
        output_tokens_details: { thinking_tokens: 5 },
      },
    },
    { type: 'message_stop' },
  ]);
});

t.test('thinking, event by event', async (t) => {
  const events = eventsOf(STREAMS.openrouter).slice(1, 6);
  t.match(events, [
    {
      type: 'content_block_start',
      index: 0,
      content_block: { type: 'thinking', thinking: '', signature: '' },
    },
    { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: 'Think' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking: ' hard' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'signature_delta', signature: /^~apipod\../ } },
    { type: 'content_block_stop', index: 0 },
  ]);
});

t.test('long answers do not wait', async (t) => {
  let events = 0;
  const stream = open().answer.stream(() => events++);
  const text = 'x'.repeat(1024 * 1024);
  for (let i = 0; i < 8; i++) stream.push(chunk({ content: text }));
  stream.push(chunk(call(0, '{"t":"', { id: 'a', name: 'f' })));
  for (let i = 0; i < 8; i++) stream.push(chunk(call(0, text)));
  t.equal(events, 1 + 1 + 8 + 1 + 1 + 9);
});

t.test('Gemini: calls without an index, the last usage counts, its signature rides in the id', async (t) => {
  const { content, stop_reason, usage } = await readBySdk(eventsOf(STREAMS.gemini));
  matchEach(t, content, [
    { type: 'tool_use', id: /^function-call-7__ts_[\w-]+$/, name: 'read', input: { n: 1 } },
    { type: 'tool_use', id: 'toolu_0199ab_2', name: 'read', input: { n: 2 } },
  ]);
  t.equal(stop_reason, 'tool_use');
  t.match(usage, { input_tokens: 10, output_tokens: 8 });
});

t.test('Copilot: begins with the first choice, whatever the model', async (t) => {
  const events = eventsOf(STREAMS.copilot);
  t.match(events[0], { message: { id: 'msg_c1', model: 'some-model' } });
  const { content } = await readBySdk(events);
  matchEach(t, content, [
    { type: 'thinking', thinking: 'Hm', signature: /^~apipod\./ },
    { type: 'redacted_thinking', data: /^~apipod\./ },
    { type: 'text', text: 'Yes' },
  ]);
  const named = [
    { model: '', choices: [] },
    { id: 'x', model: 'late', choices: [] },
    chunk({ content: 'Hi' }),
  ];
  t.match(eventsOf(named)[0], { message: { id: 'msg_x', model: 'late' } }, 'the first name that comes');
});

t.test('DeepSeek: reasoning, and its own name for what came from the cache', async (t) => {
  const { content, usage } = await readBySdk(eventsOf(STREAMS.deepseek));
  matchEach(t, content, [
    { type: 'thinking', thinking: 'Let me see.' },
    { type: 'text', text: '4' },
  ]);
  t.match(usage, { input_tokens: 5, cache_read_input_tokens: 4, output_tokens: 3 });
});

t.test('OpenRouter: details count, not the same text again', async (t) => {
  const { content } = await readBySdk(eventsOf(STREAMS.openrouter));
  matchEach(t, content, [
    { type: 'thinking', thinking: 'Think hard' },
    { type: 'redacted_thinking' },
    { type: 'text', text: 'So.' },
    { type: 'tool_use', id: 'toolu_1', name: 'go', input: {} },
  ]);
});

t.test('a refusal is text, and the reason to stop', async (t) => {
  const message = await readBySdk(
    eventsOf([chunk({ refusal: 'I ' }), chunk({ refusal: 'cannot.' }), chunk({}, 'stop')]),
  );
  t.match(message, {
    content: [{ type: 'text', text: 'I cannot.' }],
    stop_reason: 'refusal',
    stop_details: { type: 'refusal', category: null },
  });
});

t.test('a stream that says nothing is a message all the same', async (t) => {
  t.same(outline(eventsOf([])), ['message_start', 'message_delta end_turn', 'message_stop']);
  t.match(eventsOf([])[0], { message: { id: 'msg_0199ab', model: 'some-model' } });
});

t.test('members of unexpected types are as good as absent', async (t) => {
  const odd = [
    { id: 1, model: null, choices: 'x', usage: [] },
    { choices: [null] },
    { choices: [{ delta: 'x', finish_reason: 1 }] },
    {
      choices: [
        {
          delta: {
            content: { a: 1 },
            reasoning: 2,
            reasoning_details: 'x',
            tool_calls: [3, {}, { function: 4 }],
          },
        },
      ],
    },
    {
      choices: [
        { delta: { reasoning_details: [{}, 5], reasoning_opaque: 6, function_call: [], refusal: false } },
      ],
    },
    usageChunk({ prompt_tokens: -1, completion_tokens: 'x', prompt_tokens_details: 7 }),
  ];
  const { content, usage, stop_reason } = await readBySdk(eventsOf(odd));
  matchEach(t, content, [{ type: 'redacted_thinking' }]);
  t.match(usage, { input_tokens: 0, output_tokens: 0 });
  t.equal(stop_reason, 'end_turn');
});

// Answers that come as one document.
import t from 'tap';
import type { JsonObject } from '../../../../../src/core/translate/translation.ts';
import { chunk, eventsOf, matchEach, open, readBySdk } from './fixtures/translate.ts';

const document = (message: JsonObject, finish_reason = 'stop', more: JsonObject = {}): JsonObject =>
  open().answer.document({
    id: 'chatcmpl-9',
    model: 'gpt-x',
    choices: [{ index: 0, message: { role: 'assistant', ...message }, finish_reason }],
    ...more,
  });
const callOf = (args: unknown): JsonObject => ({
  id: 'c',
  type: 'function',
  function: { name: 'f', arguments: args },
});

t.test('a whole answer', async (t) => {
  const answer = document({ content: 'Hello', refusal: null }, 'stop', {
    usage: {
      prompt_tokens: 100,
      completion_tokens: 9,
      prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 30 },
    },
  });
  t.same(answer, {
    id: 'msg_9',
    type: 'message',
    role: 'assistant',
    model: 'gpt-x',
    content: [{ type: 'text', text: 'Hello' }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    stop_details: null,
    usage: {
      input_tokens: 10,
      cache_creation_input_tokens: 30,
      cache_read_input_tokens: 60,
      output_tokens: 9,
    },
  });
});

t.test('thinking, text, calls', async (t) => {
  const { content } = document({ tool_calls: [callOf('{"a":1}')], content: 'So', reasoning_content: 'Hm' });
  matchEach(t, content, [
    { type: 'thinking', thinking: 'Hm', signature: /^~apipod\./ },
    { type: 'text', text: 'So' },
    { type: 'tool_use', id: 'c', name: 'f', input: { a: 1 } },
  ]);
});

const CALL = { tool_calls: [callOf('{}')] };
const reasons: [finish: string, message: JsonObject, reason: string][] = [
  ['stop', { content: 'x' }, 'end_turn'],
  ['length', { content: 'x' }, 'max_tokens'],
  ['length', CALL, 'max_tokens'],
  ['tool_calls', CALL, 'tool_use'],
  ['stop', CALL, 'tool_use'],
  ['function_call', { function_call: { name: 'f', arguments: '{}' } }, 'tool_use'],
  ['tool_calls', { content: 'x' }, 'end_turn'],
  ['content_filter', { content: null }, 'refusal'],
  ['stop', { refusal: 'No' }, 'refusal'],
  ['eos', { content: 'x' }, 'end_turn'],
];
t.test('why it ended', async (t) => {
  for (const [finish, message, reason] of reasons) {
    t.equal(document(message, finish).stop_reason, reason, `${finish}, ${Object.keys(message)}`);
  }
});

const inputs: [args: unknown, input: JsonObject][] = [
  ['', {}],
  [' ', {}],
  [undefined, {}],
  ['null', {}],
  ['{"a":', { arguments: '{"a":' }],
  ['[1]', { arguments: '[1]' }],
  [{ a: 1 }, { a: 1 }],
];
t.test('the input of a call is an object, whatever its arguments are', async (t) => {
  for (const [args, input] of inputs) {
    t.match(document({ tool_calls: [callOf(args)] }), { content: [{ type: 'tool_use', input }] }, `${args}`);
  }
});

const usages: [usage: unknown, input: number, read: number, written: number, output: number][] = [
  [undefined, 0, 0, 0, 0],
  [{ prompt_tokens: 5, completion_tokens: 6 }, 5, 0, 0, 6],
  [{ prompt_tokens: 5, prompt_tokens_details: { cached_tokens: 9 } }, 0, 9, 0, 0],
  [{ prompt_tokens: 5, prompt_tokens_details: { cached_tokens: 2, cache_write_tokens: 1 } }, 2, 2, 1, 0],
  [{ prompt_tokens: 5, prompt_cache_hit_tokens: 3 }, 2, 3, 0, 0],
  [{ prompt_tokens: '5', completion_tokens: -6, prompt_tokens_details: [] }, 0, 0, 0, 0],
];
t.test('usage: what is cached is not in the input, and nothing is below zero', async (t) => {
  for (const [usage, input, read, written, output] of usages) {
    t.same(document({ content: '' }, 'stop', { usage }).usage, {
      input_tokens: input,
      cache_creation_input_tokens: written,
      cache_read_input_tokens: read,
      output_tokens: output,
    });
  }
});

t.test('reasoning in several parts', async (t) => {
  const part = (text: string, index: number): JsonObject => ({ type: 'reasoning.text', text, index });
  const details = [part('One,', 0), part(' more', 0), part('Two', 1)];
  const { content } = document({ reasoning: 'One, moreTwo', reasoning_details: details });
  matchEach(t, content, [{ thinking: 'One, more' }, { thinking: 'Two' }]);
});

t.test('text and a refusal are one', async (t) => {
  matchEach(t, document({ content: 'Well. ', refusal: 'No.' }).content, [
    { type: 'text', text: 'Well. No.' },
  ]);
});

t.test('reasoning beside details that cannot be read', async (t) => {
  const details = [{ type: 'reasoning.encrypted', data: 'x' }];
  const { content } = document({ reasoning: 'Hm', reasoning_details: details });
  matchEach(t, content, [{ type: 'redacted_thinking' }, { type: 'thinking', thinking: 'Hm' }]);
});

t.test('an answer without anything is a message all the same', async (t) => {
  for (const answer of [{}, { choices: [] }, { choices: [{}] }, { choices: 'x', id: 4, model: [] }]) {
    t.match(open().answer.document(answer), {
      id: 'msg_0199ab',
      model: 'some-model',
      content: [],
      stop_reason: 'end_turn',
    });
  }
});

t.test('it is what the official library makes of the same answer as a stream', async (t) => {
  const message = {
    reasoning_content: 'Hm',
    content: 'Two calls.',
    tool_calls: [0, 1].map((index) => ({ ...callOf(`{"n":${index}}`), index, id: `c${index}` })),
  };
  const streamed = await readBySdk(eventsOf([chunk(message, 'tool_calls')]));
  // The library adds `parsed_output`.
  const plain = JSON.stringify(streamed, (key, value) => (key === 'parsed_output' ? undefined : value));
  t.same(JSON.parse(plain), { ...document(message, 'tool_calls'), id: 'msg_A1' });
});

t.test('a long call behind one that is not complete does not matter here', async (t) => {
  const long = JSON.stringify({ text: 'x'.repeat(5 * 1024 * 1024) });
  const { content } = document({ tool_calls: [callOf(''), { ...callOf(long), id: 'd' }] });
  t.equal((content as JsonObject[]).length, 2);
});

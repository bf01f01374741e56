// Anthropic's message as one chat completion: text, calls, the reason to stop, and what it cost.
import t from 'tap';
import type { JsonObject } from '../../../../../src/core/translate/translation.ts';
import { open } from './fixtures/translate.ts';

interface Completion extends JsonObject {
  readonly choices: readonly { readonly message: JsonObject; readonly finish_reason: unknown }[];
  readonly usage: JsonObject;
}

const answer = (message: JsonObject): Completion => open({}).answer.document(message) as Completion;
const said = (...content: readonly unknown[]) => answer({ content }).choices[0]!.message;
const TEXT = { type: 'text', text: 'Hello' };

t.test('a message', async (t) => {
  t.same(
    answer({
      id: 'msg_01AbC',
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-4-5',
      content: [TEXT, { type: 'text', text: ' there' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: {
        input_tokens: 3,
        cache_read_input_tokens: 10,
        cache_creation_input_tokens: 20,
        output_tokens: 7,
      },
    }),
    {
      id: 'chatcmpl-01AbC',
      created: 1_700_000_000,
      model: 'claude-sonnet-4-5',
      object: 'chat.completion',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Hello there', refusal: null },
          finish_reason: 'stop',
          logprobs: null,
        },
      ],
      usage: {
        prompt_tokens: 33,
        completion_tokens: 7,
        total_tokens: 40,
        prompt_tokens_details: { cached_tokens: 10, cache_write_tokens: 20 },
      },
    },
  );
});

t.test('tool calls', async (t) => {
  const use = { type: 'tool_use', id: 'toolu_1', name: 'f', input: { a: [1] } };
  const call = { id: 'toolu_1', type: 'function', function: { name: 'f', arguments: '{"a":[1]}' } };
  t.match(said(use), { content: null, tool_calls: [call] });
  t.match(said(TEXT, use, { ...use, id: 'toolu_2', input: undefined }), {
    content: 'Hello',
    tool_calls: [call, { id: 'toolu_2', function: { arguments: '{}' } }],
  });
  t.notOk('tool_calls' in said(TEXT));
});

t.test('reasons to stop', async (t) => {
  const reason = (stop_reason: unknown, content: unknown = [TEXT]) =>
    answer({ content, stop_reason }).choices[0]!.finish_reason;
  const reasons = {
    end_turn: 'stop',
    stop_sequence: 'stop',
    pause_turn: 'stop',
    max_tokens: 'length',
    model_context_window_exceeded: 'length',
    tool_use: 'tool_calls',
    refusal: 'content_filter',
    something_new: 'stop',
    constructor: 'stop',
  };
  for (const [theirs, ours] of Object.entries(reasons)) t.equal(reason(theirs), ours, theirs);
  t.equal(reason(null), 'stop');
  t.equal(reason('end_turn', [{ type: 'tool_use', id: 'a', name: 'f' }]), 'tool_calls');
  t.equal(reason('max_tokens', [{ type: 'tool_use', id: 'a', name: 'f' }]), 'length');
});

t.test('a refusal says why, where it is told', async (t) => {
  const stop_details = { type: 'refusal', explanation: 'Not that.' };
  t.equal(
    answer({ content: [], stop_reason: 'refusal', stop_details }).choices[0]!.message.refusal,
    'Not that.',
  );
  t.equal(answer({ content: [], stop_reason: 'refusal' }).choices[0]!.message.refusal, null);
});

t.test('blocks of server tools, and unknown ones, are passed over', async (t) => {
  t.same(
    said(
      { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
      { type: 'web_search_tool_result', tool_use_id: 's', content: [] },
      TEXT,
      { type: 'something_new', text: 'x' },
      null,
      'x',
    ),
    { role: 'assistant', content: 'Hello', refusal: null },
  );
});

t.test('what is missing or has another shape is as good as absent', async (t) => {
  for (const message of [
    {},
    { content: 'x', usage: 'y', id: 7, model: {} },
    { content: [{ type: 'text' }], usage: {} },
  ]) {
    t.match(answer(message as JsonObject), {
      id: 'chatcmpl-own-id',
      model: 'routed',
      choices: [{ message: { content: '' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
    });
  }
});

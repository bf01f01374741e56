// Answers that are one document, as the official SDK reads them.
import t from 'tap';
import type { JsonObject } from '../../../../../src/core/translate/translation.ts';
import { answered, clientOf, USAGE } from '../../../../fixtures/responses.ts';

t.test('text, reasoning, a refusal and calls, and the settings of the request', async (t) => {
  const request = {
    instructions: 'Be brief.',
    tools: [{ type: 'function', name: 'f', parameters: null, strict: null }],
    tool_choice: 'auto',
    temperature: 0.5,
    metadata: { a: 'b' },
    text: { format: { type: 'json_object' }, verbosity: 'low' },
    reasoning: { effort: 'low', summary: 'auto' },
    max_output_tokens: 100,
    user: 'u',
    store: true,
  };
  const message = {
    role: 'assistant',
    content: 'Hello.',
    reasoning_content: 'Hm.',
    refusal: 'No.',
    tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
  };
  const document = answered(message, { usage: USAGE }, request);
  const client = await clientOf(t, JSON.stringify(document), 'application/json');
  const response = await client.responses.create({ model: 'm', input: 'hi' });
  const { tools, instructions, tool_choice, temperature, metadata, text, reasoning, user } = request;
  t.match(response, {
    id: 'resp_0190',
    object: 'response',
    created_at: 1_700_000_000,
    model: 'upstreams',
    status: 'completed',
    output_text: 'Hello.',
    ...{ tools, instructions, tool_choice, temperature, metadata, text, reasoning, user },
    max_output_tokens: 100,
    store: false,
    error: null,
    incomplete_details: null,
    previous_response_id: null,
    output: [
      { id: 'rs_0190_0', type: 'reasoning', summary: [{ type: 'summary_text', text: 'Hm.' }] },
      {
        id: 'msg_0190_1',
        type: 'message',
        role: 'assistant',
        status: 'completed',
        content: [
          { type: 'output_text', text: 'Hello.', annotations: [] },
          { type: 'refusal', refusal: 'No.' },
        ],
      },
      {
        id: 'fc_0190_2',
        type: 'function_call',
        call_id: 'c1',
        name: 'f',
        arguments: '{"a":1}',
        status: 'completed',
      },
    ],
    usage: { input_tokens: 50, output_tokens: 20, total_tokens: 70 },
  });
});

t.test('the settings that a request leaves open', async (t) => {
  t.match(answered({ content: 'x' }), {
    instructions: null,
    metadata: {},
    parallel_tool_calls: true,
    temperature: 1,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    truncation: 'disabled',
    usage: null,
  });
});

t.test('why an answer is incomplete', async (t) => {
  const { status, incomplete_details } = answered({ content: 'x' }, { finish_reason: 'length' });
  t.same(
    { status, incomplete_details },
    { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
  );
  const filtered = answered({ content: null }, { finish_reason: 'content_filter' });
  t.match(filtered, { status: 'incomplete', incomplete_details: { reason: 'content_filter' }, output: [] });
});

t.test('usage that tells little', async (t) => {
  const usageOf = (usage: JsonObject) => answered({ content: 'x' }, { usage }).usage;
  t.same(usageOf({ prompt_tokens: 2, completion_tokens: 3 }), {
    input_tokens: 2,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: 3,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 5,
  });
  t.match(usageOf({ prompt_tokens: 'two', prompt_tokens_details: { cache_write_tokens: 4 } }), {
    input_tokens: 0,
    input_tokens_details: { cache_write_tokens: 4 },
    total_tokens: 0,
  });
});

// The field tables, from which the documentation is made, say what the translation does: each row has a sample.
import t from 'tap';
import { TABLES } from '../../../../../src/core/translate/chat_messages/fields.ts';
import type { JsonObject } from '../../../../../src/core/translate/translation.ts';
import { STREAMS } from './fixtures/streams.ts';
import { open, refused } from './fixtures/translate.ts';

const TOOL = { type: 'function', function: { name: 'f', parameters: { type: 'object' } } };
const CALL = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } };
const CALLED = [
  { role: 'user', content: 'Hi' },
  { role: 'assistant', tool_calls: [CALL] },
];
const EPHEMERAL = { type: 'ephemeral' };
const PNG = { type: 'base64', media_type: 'image/png', data: 'AA==' };
const USER = { role: 'user', content: 'Hi' };
const ASSISTANT = { role: 'assistant', content: 'Hello' };
const TEXT = { type: 'text', text: 'Hi' };
const FUNCTION_CALL = { type: 'function_call', call_id: 'c2', name: 'f', arguments: '{"a":1}' };
const PDF = { type: 'input_file', filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA==' };
const THINKING = { type: 'thinking', thinking: 'Hm', signature: 'sig' };

interface Samples {
  /** The request that holds an object of this table. */
  readonly body: (object: JsonObject) => JsonObject;
  /** By field: an object that has it. */
  readonly objects: Readonly<Record<string, JsonObject>>;
}

const alone = (fields: JsonObject): Readonly<Record<string, JsonObject>> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { [name]: value }]));

const SAMPLES: Readonly<Record<string, Samples>> = {
  request: {
    body: (object) => object,
    objects: {
      ...alone({
        messages: [{ role: 'user', content: 'Something else' }],
        input: 'And this',
        instructions: 'Be brief.',
        system: 'Be brief.',
        max_completion_tokens: 7,
        max_tokens: 7,
        max_output_tokens: 7,
        temperature: 1.5,
        top_p: 0.9,
        top_k: 5,
        stop: 'END',
        stream: true,
        stream_options: { include_usage: true },
        tools: [TOOL],
        reasoning_effort: 'low',
        reasoning: { max_tokens: 3000 },
        thinking: { type: 'enabled', budget_tokens: 3000 },
        response_format: { type: 'json_object' },
        user: 'u-1',
        safety_identifier: 'u-1',
        output_config: { effort: 'low' },
        service_tier: 'default',
        cache_control: EPHEMERAL,
        n: 2,
        logprobs: true,
        top_logprobs: 3,
        audio: { voice: 'a', format: 'mp3' },
        modalities: ['text', 'audio'],
        functions: [{ name: 'f' }],
        function_call: { name: 'f' },
        web_search_options: {},
        previous_response_id: 'resp_1',
        seed: 1,
        frequency_penalty: 1,
        presence_penalty: 1,
        logit_bias: { 1: 2 },
        prediction: { type: 'content', content: 'x' },
        store: true,
        metadata: { a: 'b' },
        prompt_cache_key: 'k',
        prompt_cache_retention: '24h',
        prompt_cache_options: {},
        verbosity: 'low',
        moderation: {},
      }),
      tool_choice: { tools: [TOOL], tool_choice: 'required' },
      parallel_tool_calls: { tools: [TOOL], parallel_tool_calls: false },
    },
  },
  'messages[]': {
    body: (object) => ({ messages: [...CALLED, object] }),
    objects: {
      role: USER,
      content: USER,
      type: FUNCTION_CALL,
      tool_calls: { role: 'assistant', tool_calls: [CALL] },
      tool_call_id: { role: 'tool', tool_call_id: 'c1', content: 'x' },
      call_id: { type: 'function_call_output', call_id: 'c1', output: 'x' },
      output: { type: 'function_call_output', call_id: 'c1', output: 'x' },
      arguments: FUNCTION_CALL,
      name: FUNCTION_CALL,
      is_error: { role: 'tool', tool_call_id: 'c1', content: 'x', is_error: true },
      refusal: { ...ASSISTANT, refusal: 'No' },
      reasoning_details: {
        ...ASSISTANT,
        reasoning_details: [{ type: 'reasoning.text', text: 'Hm', signature: 's' }],
      },
      cache_control: { ...USER, cache_control: EPHEMERAL },
      reasoning_content: { ...ASSISTANT, reasoning_content: 'Hm' },
      reasoning: { ...ASSISTANT, reasoning: 'Hm' },
      function_call: { ...ASSISTANT, function_call: { name: 'f', arguments: '{}' } },
      audio: { ...ASSISTANT, audio: { id: 'a' } },
      annotations: { ...ASSISTANT, annotations: [] },
      id: { ...ASSISTANT, id: 'm1' },
      status: { ...ASSISTANT, status: 'completed' },
    },
  },
  'content[]': {
    body: (part) => ({
      messages: [
        ...CALLED,
        { role: /thinking|tool_use/.test(String(part.type)) ? 'assistant' : 'user', content: [TEXT, part] },
      ],
    }),
    objects: {
      type: TEXT,
      text: { type: 'text', text: 'Another' },
      refusal: { type: 'refusal', refusal: 'No' },
      image_url: { type: 'image_url', image_url: { url: 'https://example.com/a.png' } },
      file: { type: 'file', file: { file_data: 'data:application/pdf;base64,AA==' } },
      file_data: PDF,
      file_url: { type: 'input_file', file_url: 'https://example.com/a.pdf' },
      filename: PDF,
      file_id: { ...PDF, file_id: 'file-1' },
      input_audio: { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } },
      cache_control: { ...TEXT, cache_control: EPHEMERAL },
      source: { type: 'image', source: PNG },
      title: { type: 'document', source: PNG, title: 'A' },
      context: { type: 'document', source: PNG, context: 'B' },
      id: { type: 'tool_use', id: 'c2', name: 'f', input: {} },
      name: { type: 'tool_use', id: 'c2', name: 'f', input: {} },
      input: { type: 'tool_use', id: 'c2', name: 'f', input: { a: 1 } },
      tool_use_id: { type: 'tool_result', tool_use_id: 'c1', content: 'x' },
      content: { type: 'tool_result', tool_use_id: 'c1', content: 'x' },
      is_error: { type: 'tool_result', tool_use_id: 'c1', content: 'x', is_error: true },
      thinking: THINKING,
      signature: THINKING,
      data: { type: 'redacted_thinking', data: 'ZW5j' },
      detail: { type: 'input_image', image_url: 'https://example.com/a.png', detail: 'low' },
      prompt_cache_breakpoint: { ...TEXT, prompt_cache_breakpoint: { mode: 'explicit' } },
      annotations: { ...TEXT, annotations: [] },
      citations: { ...TEXT, citations: [] },
      logprobs: { ...TEXT, logprobs: [] },
    },
  },
  'tools[]': {
    body: (tool) => ({ tools: [tool] }),
    objects: {
      type: { type: 'web_search_20250305', name: 'f' },
      function: { type: 'function', function: { name: 'f' } },
      name: { name: 'f' },
      description: { name: 'f', description: 'Does it.' },
      parameters: { name: 'f', parameters: { type: 'object', properties: { a: {} } } },
      input_schema: { name: 'f', input_schema: { type: 'object', properties: { a: {} } } },
      strict: { name: 'f', strict: true },
      cache_control: { name: 'f', cache_control: EPHEMERAL },
      custom: { name: 'f', type: 'custom', custom: { name: 'f' } },
      format: { name: 'f', type: 'custom', format: { type: 'text' } },
      defer_loading: { name: 'f', defer_loading: true },
    },
  },
};

/** All that a request leads to, as JSON; or the field that is refused. */
function outcome(body: JsonObject): string {
  const field = refused(body);
  if (field !== 'accepted') return field;
  const translated = open(body);
  const chunks: JsonObject[] = [];
  const stream = translated.answer.stream((chunk) => chunks.push(chunk));
  for (const event of STREAMS.text) stream.push(event);
  return JSON.stringify([translated.request, chunks]);
}

for (const { of, fields } of TABLES) {
  t.test(of, async (t) => {
    const { body, objects } = SAMPLES[of]!;
    // `open` sets it: there is no request without one.
    const rows = Object.entries(fields).filter(([name]) => of !== 'request' || name !== 'model');
    t.same(Object.keys(objects).sort(), rows.map(([name]) => name).sort(), 'each row has a sample');
    for (const [name, { fate, to, unless }] of rows) {
      const { [name]: value, ...without } = objects[name]!;
      const before = outcome(body(without));
      const after = outcome(body({ ...without, [name]: value }));
      if (fate === 'dropped') t.equal(after, before, `${name} is dropped`);
      if (fate === 'translated') t.not(after, before, `${name} makes a difference`);
      if (fate === 'kept') t.match(after, `"${to ?? name}":${JSON.stringify(value)}`, `${name} is kept`);
      if (fate !== 'refused') continue;
      t.equal(after.split('.').at(-1), name, `${name} is refused`);
      for (const harmless of [null, ...unless!]) {
        t.equal(
          outcome(body({ ...without, [name]: harmless })),
          before,
          `${name}: ${harmless} asks for nothing`,
        );
      }
    }
  });
}

t.test('fields that no table knows are dropped', async (t) => {
  t.equal(outcome({ transforms: [], provider: {}, constructor: 1 }), outcome({}));
});

t.test('the model is the routed one', async (t) => {
  t.equal(open({ model: 'asked' }).request.model, 'routed');
});

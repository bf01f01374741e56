// Each row of the field tables is held to what the translation does. A row without a sample here fails.
import t from 'tap';
import type { Fields } from '../../../../../src/core/translate/fields.ts';
import * as tables from '../../../../../src/core/translate/responses_chat/fields.ts';
import type { JsonObject } from '../../../../../src/core/translate/translation.ts';
import { OPTIONS, sent } from '../../../../fixtures/responses.ts';

const SECRET = 'only-the-client-says-so';

/**
 * A request in which the row's field is set, with `SECRET` in what is dropped. For a translated one, what of it must be
 * in the upstream's request.
 */
type Sample = readonly [request: JsonObject, expected?: JsonObject];

const user = (part: JsonObject): JsonObject => ({ input: [{ role: 'user', content: [part] }] });
const said = (content: unknown): JsonObject => ({ messages: [{ role: 'user', content }] });
const item = (more: JsonObject): JsonObject => ({
  input: [{ type: 'message', role: 'user', content: 'hi', ...more }],
});
const CALL = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{"a":1}' };
const CUSTOM_CALL = { type: 'custom_tool_call', call_id: 'c1', name: 'f', input: 'free' };
const called = (name: string, args: string): JsonObject => ({
  messages: [{ role: 'assistant', tool_calls: [{ id: 'c1', function: { name, arguments: args } }] }],
});
const result = (content: string): JsonObject => ({
  messages: [{}, { role: 'tool', tool_call_id: 'c1', content }],
});
const FUNCTION = {
  type: 'function',
  name: 'f',
  description: 'd',
  parameters: { type: 'object' },
  strict: true,
};
const tool = (more: JsonObject): JsonObject => ({ tools: [{ ...FUNCTION, ...more }] });
const offered = (more: JsonObject): JsonObject => ({ tools: [{ type: 'function', function: more }] });
const format = (more: JsonObject): JsonObject => ({
  text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' }, ...more } },
});
const response_format = (more: JsonObject): JsonObject => ({
  response_format: { type: 'json_schema', json_schema: more },
});
const THOUGHT = {
  type: 'reasoning',
  summary: [{ type: 'summary_text', text: 'hm' }],
  encrypted_content: 'apipod.',
};
const recalled: JsonObject = { messages: [{ role: 'assistant', content: 'ok', reasoning_content: 'hm' }] };
const OK = { role: 'assistant', content: 'ok' };
const ofType = (type: string): Sample => [
  { input: [{ type, id: SECRET, name: 'n', call_id: 'c', content: 'x' }] },
];
const toolType = (type: string): Sample => [{ tools: [{ type, name: SECRET }] }];

const SAMPLES: Readonly<Record<string, Readonly<Record<string, Sample>>>> = {
  request: {
    model: [{ model: 'asked for' }, { model: 'routed-model' }],
    instructions: [{ instructions: 'brief' }, { messages: [{ role: 'system', content: 'brief' }, {}] }],
    input: [{ input: 'hello' }, said('hello')],
    stream: [{ stream: true }, { stream: true, stream_options: { include_usage: true } }],
    max_output_tokens: [{ max_output_tokens: 9 }, { max_tokens: 9 }],
    temperature: [{ temperature: 0.5 }],
    top_p: [{ top_p: 0.5 }],
    user: [{ user: 'u' }],
    safety_identifier: [{ safety_identifier: 's' }, { user: 's' }],
    tools: [{ tools: [FUNCTION] }, offered({ name: 'f' })],
    tool_choice: [{ tools: [FUNCTION], tool_choice: 'required' }, { tool_choice: 'required' }],
    parallel_tool_calls: [{ tools: [FUNCTION], parallel_tool_calls: false }, { parallel_tool_calls: false }],
    text: [{ text: { format: { type: 'json_object' } } }, { response_format: { type: 'json_object' } }],
    reasoning: [{ reasoning: { effort: 'low' } }, { reasoning_effort: 'low' }],
    metadata: [{ metadata: { a: 'b' } }, { metadata: undefined }],
    include: [{ include: ['reasoning.encrypted_content'] }, { include: undefined }],
    top_logprobs: [{ top_logprobs: 2 }],
    stream_options: [{ stream: true, stream_options: { include_obfuscation: SECRET } }],
    store: [{ store: SECRET }],
    prompt_cache_key: [{ prompt_cache_key: SECRET }],
    prompt_cache_retention: [{ prompt_cache_retention: SECRET }],
    prompt_cache_options: [{ prompt_cache_options: { mode: SECRET } }],
    service_tier: [{ service_tier: SECRET }],
    truncation: [{ truncation: SECRET }],
    max_tool_calls: [{ max_tool_calls: SECRET }],
    context_management: [{ context_management: [{ type: SECRET }] }],
    background: [{ background: true }],
    previous_response_id: [{ previous_response_id: 'resp_1' }],
    conversation: [{ conversation: { id: 'conv_1' } }],
    prompt: [{ prompt: { id: 'pmpt_1' } }],
    moderation: [{ moderation: { model: 'omni' } }],
  },
  text: {
    format: [{ text: { format: { type: 'json_object' } } }, { response_format: { type: 'json_object' } }],
    verbosity: [{ text: { verbosity: 'low' } }, { verbosity: undefined }],
  },
  'text.format': {
    type: [format({}), { response_format: { type: 'json_schema' } }],
    name: [format({ name: 'x' }), response_format({ name: 'x' })],
    description: [format({ description: 'd' }), response_format({ description: 'd' })],
    schema: [format({ schema: { type: 'array' } }), response_format({ schema: { type: 'array' } })],
    strict: [format({ strict: true }), response_format({ strict: true })],
  },
  reasoning: {
    effort: [{ reasoning: { effort: 'high' } }],
    summary: [{ reasoning: { summary: SECRET } }],
    generate_summary: [{ reasoning: { generate_summary: SECRET } }],
    context: [{ reasoning: { context: SECRET } }],
    mode: [{ reasoning: { mode: SECRET } }],
  },
  'types of input[]': {
    message: [item({}), said('hi')],
    function_call: [{ input: [CALL] }, called('f', '{"a":1}')],
    function_call_output: [
      { input: [CALL, { type: 'function_call_output', call_id: 'c1', output: 'done' }] },
      result('done'),
    ],
    custom_tool_call: [{ input: [CUSTOM_CALL] }, called('f', '{"input":"free"}')],
    custom_tool_call_output: [
      { input: [CUSTOM_CALL, { type: 'custom_tool_call_output', call_id: 'c1', output: 'done' }] },
      result('done'),
    ],
    reasoning: [{ input: [THOUGHT, OK] }, recalled],
  },
  'input[]': {
    type: [item({ type: 'message' }), said('hi')],
    role: [item({ role: 'developer' }), { messages: [{ role: 'system', content: 'hi' }] }],
    content: [item({ content: 'x' }), said('x')],
    call_id: [{ input: [{ ...CALL, call_id: 'c1' }] }, called('f', '{"a":1}')],
    name: [{ input: [{ ...CALL, name: 'g' }] }, called('g', '{"a":1}')],
    namespace: [{ input: [{ ...CALL, namespace: 'n' }] }, called('n__f', '{"a":1}')],
    arguments: [{ input: [{ ...CALL, arguments: '{}' }] }, called('f', '{}')],
    input: [{ input: [{ ...CUSTOM_CALL, input: 'x' }] }, called('f', '{"input":"x"}')],
    output: [{ input: [CALL, { type: 'function_call_output', call_id: 'c1', output: 'x' }] }, result('x')],
    summary: [{ input: [THOUGHT, OK] }, recalled],
    encrypted_content: [{ input: [{ ...THOUGHT, encrypted_content: 'apipod.' }, OK] }, recalled],
    id: [item({ id: SECRET })],
    status: [item({ status: SECRET })],
    phase: [item({ phase: SECRET })],
    caller: [{ input: [{ ...CALL, caller: { type: SECRET } }] }],
    created_by: [item({ created_by: SECRET })],
  },
  'types of content[]': {
    input_text: [user({ type: 'input_text', text: 'x' }), said('x')],
    output_text: [
      { input: [{ role: 'assistant', content: [{ type: 'output_text', text: 'x' }] }] },
      { messages: [{ role: 'assistant', content: 'x' }] },
    ],
    text: [user({ type: 'text', text: 'x' }), said('x')],
    refusal: [user({ type: 'refusal', refusal: 'no' }), said('no')],
    input_image: [
      user({ type: 'input_image', image_url: 'https://a/b.png' }),
      said([{ type: 'image_url', image_url: { url: 'https://a/b.png' } }]),
    ],
    input_file: [
      user({ type: 'input_file', file_data: 'data:application/pdf;base64,AA==' }),
      said([{ type: 'file', file: { file_data: 'data:application/pdf;base64,AA==' } }]),
    ],
    input_audio: [
      user({ type: 'input_audio', input_audio: { data: 'AA==', format: 'mp3' } }),
      said([{ type: 'input_audio', input_audio: { data: 'AA==', format: 'mp3' } }]),
    ],
  },
  'content[]': {
    type: [user({ type: 'input_text', text: 'x' }), said('x')],
    text: [user({ type: 'input_text', text: 'y' }), said('y')],
    refusal: [user({ type: 'refusal', refusal: 'no' }), said('no')],
    image_url: [
      user({ type: 'input_image', image_url: 'data:image/png;base64,AA==' }),
      said([{ image_url: { url: 'data:image/png;base64,AA==' } }]),
    ],
    detail: [
      user({ type: 'input_image', image_url: 'u', detail: 'original' }),
      said([{ image_url: { detail: 'high' } }]),
    ],
    file_data: [user({ type: 'input_file', file_data: 'd' }), said([{ file: { file_data: 'd' } }])],
    filename: [
      user({ type: 'input_file', file_data: 'd', filename: 'f.pdf' }),
      said([{ file: { filename: 'f.pdf' } }]),
    ],
    input_audio: [
      user({ type: 'input_audio', input_audio: { data: 'x' } }),
      said([{ input_audio: { data: 'x' } }]),
    ],
    file_url: [user({ type: 'input_file', file_url: 'https://a/b.pdf' })],
    file_id: [user({ type: 'input_image', file_id: 'file_1' })],
    annotations: [user({ type: 'output_text', text: 'x', annotations: [SECRET] })],
    logprobs: [user({ type: 'output_text', text: 'x', logprobs: [SECRET] })],
    prompt_cache_breakpoint: [
      user({ type: 'input_text', text: 'x', prompt_cache_breakpoint: { mode: SECRET } }),
    ],
  },
  'types of tools[]': {
    function: [
      { tools: [FUNCTION] },
      offered({ name: 'f', description: 'd', parameters: { type: 'object' } }),
    ],
    custom: [
      { tools: [{ type: 'custom', name: 'c' }] },
      offered({ name: 'c', parameters: { required: ['input'] } }),
    ],
    namespace: [
      { tools: [{ type: 'namespace', name: 'n', description: 'd', tools: [FUNCTION] }] },
      offered({ name: 'n__f' }),
    ],
  },
  'tools[]': {
    type: [tool({}), { tools: [{ type: 'function' }] }],
    name: [tool({ name: 'g' }), offered({ name: 'g' })],
    tools: [{ tools: [{ type: 'namespace', name: 'n', tools: [FUNCTION] }] }, offered({ name: 'n__f' })],
    description: [tool({ description: 'x' }), offered({ description: 'x' })],
    parameters: [tool({ parameters: { a: 1 } }), offered({ parameters: { a: 1 } })],
    strict: [tool({ strict: false }), offered({ strict: false })],
    format: [
      {
        tools: [
          {
            type: 'custom',
            name: 'c',
            format: { type: 'grammar', syntax: 'lark', definition: 'start: "x"' },
          },
        ],
      },
      offered({ description: 'The input must follow this lark grammar:\nstart: "x"' }),
    ],
    output_schema: [tool({ output_schema: { type: SECRET } })],
    allowed_callers: [tool({ allowed_callers: [SECRET] })],
    defer_loading: [tool({ defer_loading: SECRET })],
  },
};

/** A type needs no sample of its own to be dropped or refused. */
function sampleOf(table: string, name: string): Sample | undefined {
  const given = SAMPLES[table]?.[name];
  if (given !== undefined) return given;
  if (table === 'types of input[]') return ofType(name);
  return table === 'types of tools[]' ? toolType(name) : undefined;
}

/** The value of a kept field, wherever in the sample it stands. */
function findValue(object: unknown, name: string): unknown {
  if (typeof object !== 'object' || object === null) return undefined;
  if (name in object) return (object as JsonObject)[name];
  return Object.values(object)
    .map((value) => findValue(value, name))
    .find((value) => value !== undefined);
}

for (const { of, fields } of tables.TABLES) {
  t.test(of, async (t) => {
    for (const [name, { fate, to, note, unless }] of Object.entries(fields as Fields)) {
      const sample = sampleOf(of, name);
      if (sample === undefined) {
        t.fail(`no sample for ${name}`);
        continue;
      }
      const [request, expected] = sample;
      t.ok(note !== '' || fate === 'kept', `${name} is explained`);
      if (fate === 'refused') {
        t.throws(() => sent(request), { code: 'invalid_field', message: note }, `${name} is refused`);
        for (const value of unless ?? []) t.ok(sent({ [name]: value }), `${name} may be ${value}`);
        continue;
      }
      const upstreams = sent(request);
      if (fate === 'dropped') {
        t.notMatch(JSON.stringify(upstreams), SECRET, `${name} is dropped`);
        t.match(JSON.stringify(request), SECRET, `${name} has a sample that shows`);
      } else if (expected !== undefined) t.match(upstreams, expected, `${name} is ${fate}`);
      else if (fate === 'kept') {
        t.same(findValue(upstreams, to ?? name), findValue(request, name), `${name} is kept`);
        t.not(findValue(request, name), undefined, `${name} is in its sample`);
      } else t.fail(`no expectation for ${name}`);
    }
  });
}

t.test('samples are of rows that exist', async (t) => {
  for (const [of, samples] of Object.entries(SAMPLES)) {
    const rows = tables.TABLES.find((table) => table.of === of)?.fields ?? {};
    for (const name of Object.keys(samples)) t.ok(Object.hasOwn(rows, name), `${of} ${name}`);
  }
});

t.test('what is in no table is dropped', async (t) => {
  t.notMatch(
    JSON.stringify(sent({ frequency_penalties: SECRET, input: [{ role: 'user', content: 'x', x: SECRET }] })),
    SECRET,
  );
});

t.test(
  'only models that know it are told how long to talk, and a limit has the name that the model knows',
  async (t) => {
    const request = { text: { verbosity: 'low' }, max_output_tokens: 9 };
    for (const model of ['gpt-5-mini', 'openai/gpt-5.2']) {
      t.match(sent(request, { model }), {
        verbosity: 'low',
        max_completion_tokens: 9,
        max_tokens: undefined,
      });
    }
    t.match(sent(request, { ...OPTIONS, model: 'claude-sonnet-4.5' }), {
      verbosity: undefined,
      max_tokens: 9,
    });
  },
);

t.test('a user is not replaced', async (t) => {
  t.equal(sent({ user: 'u', safety_identifier: 's' }).user, 'u');
});

t.test('null is as good as absent', async (t) => {
  const names = Object.keys(tables.REQUEST_FIELDS).filter((name) => name !== 'model' && name !== 'input');
  t.same(sent(Object.fromEntries(names.map((name) => [name, null]))), sent({}));
  t.same(sent({ text: { format: null, verbosity: null }, reasoning: { effort: null } }), sent({}));
});

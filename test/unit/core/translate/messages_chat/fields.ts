// The field tables, from which the documentation is made, say what the translation does: each row has a sample.
import t from 'tap';
import { TABLES } from '../../../../../src/core/translate/messages_chat/fields.ts';
import type { JsonObject } from '../../../../../src/core/translate/translation.ts';
import { refused, translate } from './fixtures/translate.ts';

interface Samples {
  /** The request that holds an object of this table; without one, what the sample is compared with. */
  readonly body: (object: JsonObject | undefined) => JsonObject;
  /** By field: an object that has it. */
  readonly objects: Readonly<Record<string, JsonObject>>;
  /** Whether the rows are values of `type` and not fields: the whole object is compared with none. */
  readonly byType?: true;
}

const SCHEMA = { type: 'object', properties: { a: {} } };
const TOOL = { name: 'f', input_schema: SCHEMA };
const FORMAT = { type: 'json_schema', schema: SCHEMA };
const EPHEMERAL = { type: 'ephemeral' };
const PNG = { type: 'base64', media_type: 'image/png', data: 'AA==' };
const PDF = { type: 'base64', media_type: 'application/pdf', data: 'JVBE' };
const DOCUMENT = { type: 'document', source: PDF };
const TEXT = { type: 'text', text: 'Hello' };
const USE = { type: 'tool_use', id: 'c', name: 'f', input: {} };
const RESULT = { type: 'tool_result', tool_use_id: 'c', content: 'x' };
const SIGNATURE = `~apipod.${Buffer.from('{"by":"gpt-5.2"}').toString('base64url')}`;
const OPAQUE = `~apipod.${Buffer.from('{"by":"gpt-5.2","opaque":"x"}').toString('base64url')}`;

const alone = (fields: JsonObject): Readonly<Record<string, JsonObject>> =>
  Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { [name]: value }]));

const OF_ASSISTANTS = /^(thinking|redacted_thinking|tool_use|server_tool_use|mcp_tool_use|.+_tool_result)$/;

/** A conversation that has this block where it may stand. */
function around(block: JsonObject | undefined): JsonObject {
  if (block === undefined)
    return {
      messages: [
        { role: 'user', content: [TEXT] },
        { role: 'assistant', content: [TEXT] },
      ],
    };
  if (block.type === 'tool_use' || block.type === 'tool_result') {
    const [use, result] = block.type === 'tool_use' ? [block, RESULT] : [USE, block];
    return {
      messages: [
        { role: 'user', content: [TEXT] },
        { role: 'assistant', content: [TEXT, use] },
        { role: 'user', content: [result] },
      ],
    };
  }
  const byAssistant = OF_ASSISTANTS.test(String(block.type));
  return {
    messages: [
      { role: 'user', content: byAssistant ? [TEXT] : [TEXT, block] },
      { role: 'assistant', content: byAssistant ? [TEXT, block] : [TEXT] },
    ],
  };
}

const serverTool = (type: string): JsonObject => ({
  type,
  id: 's',
  tool_use_id: 's',
  name: 'x',
  input: {},
  content: [],
});

const SAMPLES: Readonly<Record<string, Samples>> = {
  request: {
    body: (object = {}) => object,
    objects: {
      ...alone({
        max_tokens: 7,
        messages: [{ role: 'user', content: 'Something else' }],
        system: 'Be brief.',
        stream: true,
        stop_sequences: ['END'],
        temperature: 0.5,
        top_p: 0.9,
        top_k: 5,
        tools: [TOOL],
        thinking: { type: 'enabled', budget_tokens: 4096 },
        output_config: { effort: 'low' },
        output_format: FORMAT,
        metadata: { user_id: 'u-1' },
        cache_control: EPHEMERAL,
        context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
        compaction: { enabled: true },
        diagnostics: { previous_message_id: 'msg_1' },
        service_tier: 'standard_only',
        speed: 'fast',
        fallbacks: ['other-model'],
        fallback_credit_token: 'x',
        billing_policy: {},
        user_profile_id: 'p',
        workspace_id: 'w',
        betas: ['b'],
        container: 'container_1',
        mcp_servers: [{ type: 'url', url: 'https://x', name: 'x' }],
        thread: { id: 't' },
        inference_geo: 'us',
      }),
      tool_choice: { tools: [TOOL], tool_choice: { type: 'any' } },
    },
  },
  output_config: {
    body: (output_config) => ({ output_config }),
    objects: alone({ effort: 'low', format: FORMAT, task_budget: { type: 'tokens', total: 5 } }),
  },
  metadata: { body: (metadata) => ({ metadata }), objects: alone({ user_id: 'u-1' }) },
  'tools[]': {
    body: (tool) => ({ tools: [tool] }),
    objects: {
      type: { ...TOOL, type: 'bash_20250124' },
      name: TOOL,
      description: { ...TOOL, description: 'Does it.' },
      input_schema: TOOL,
      strict: {
        ...TOOL,
        strict: true,
        input_schema: { type: 'object', properties: {}, additionalProperties: false },
      },
      cache_control: { ...TOOL, cache_control: EPHEMERAL },
      eager_input_streaming: { ...TOOL, eager_input_streaming: true },
      defer_loading: { ...TOOL, defer_loading: true },
      allowed_callers: { ...TOOL, allowed_callers: ['direct'] },
      input_examples: { ...TOOL, input_examples: [{ a: 1 }] },
    },
  },
  tool_choice: {
    body: (tool_choice) => ({ tools: [TOOL], tool_choice }),
    objects: {
      type: { type: 'any' },
      name: { type: 'tool', name: 'f' },
      disable_parallel_tool_use: { type: 'auto', disable_parallel_tool_use: true },
    },
  },
  'messages[]': {
    body: (message) => ({ messages: [message] }),
    objects: { role: { role: 'user', content: 'Hi' }, content: { role: 'user', content: 'Hi' } },
  },
  'content[] by type': {
    byType: true,
    body: around,
    objects: {
      text: TEXT,
      image: { type: 'image', source: PNG },
      document: DOCUMENT,
      search_result: { type: 'search_result', title: 'T', source: 'S', content: [TEXT] },
      tool_use: USE,
      tool_result: RESULT,
      thinking: { type: 'thinking', thinking: 'Hm', signature: SIGNATURE },
      redacted_thinking: { type: 'redacted_thinking', data: OPAQUE },
      compaction: { type: 'compaction', content: 'So far' },
      container_upload: { type: 'container_upload', file_id: 'f' },
      ...Object.fromEntries(
        [
          'server_tool_use',
          'web_search_tool_result',
          'web_fetch_tool_result',
          'code_execution_tool_result',
          'bash_code_execution_tool_result',
          'text_editor_code_execution_tool_result',
          'tool_search_tool_result',
          'advisor_tool_result',
          'mcp_tool_use',
          'mcp_tool_result',
        ].map((type) => [type, serverTool(type)]),
      ),
    },
  },
  'content[]': {
    body: around,
    objects: {
      is_error: { ...RESULT, is_error: true },
      tool_use_id: RESULT,
      title: { ...DOCUMENT, title: 'a.pdf' },
      context: { ...DOCUMENT, context: 'Old' },
      cache_control: { ...TEXT, cache_control: EPHEMERAL },
      citations: { ...DOCUMENT, citations: { enabled: true } },
      caller: { ...USE, caller: { type: 'direct' } },
      toolset_name: { ...USE, toolset_name: 'x' },
      transformations: { type: 'image', source: PNG, transformations: { oversized_image: 'downsize' } },
    },
  },
};

/** The request that goes upstream, as JSON; or the field that is refused. For a model that takes an effort. */
function outcome(body: JsonObject, model = 'gpt-5.2'): string {
  const field = refused(body);
  return field === 'accepted' ? JSON.stringify(translate(body, model)) : field;
}

for (const { of, fields } of TABLES) {
  t.test(of, async (t) => {
    const { body, objects, byType } = SAMPLES[of]!;
    // There is no request without a model: the last test has it.
    const rows = Object.entries(fields).filter(([name]) => of !== 'request' || name !== 'model');
    t.same(Object.keys(objects).sort(), rows.map(([name]) => name).sort(), 'each row has a sample');
    for (const [name, { fate, to, unless }] of rows) {
      const { [name]: value, ...without } = objects[name]!;
      const before = outcome(body(byType ? undefined : without));
      const after = outcome(body(objects[name]!));
      if (fate === 'dropped') t.equal(after, before, `${name} is dropped`);
      if (fate === 'translated') t.not(after, before, `${name} makes a difference`);
      if (fate === 'kept') {
        const sent = outcome(body(objects[name]!), 'gpt-4o');
        t.match(sent, `"${to ?? name}":${JSON.stringify(value)}`, `${name} is kept`);
      }
      if (fate !== 'refused') continue;
      t.equal(after.split('.').at(-1), byType ? 'type' : name, `${name} is refused`);
      for (const harmless of byType ? [] : [null, ...unless!]) {
        t.equal(outcome(body({ ...without, [name]: harmless })), before, `${name}: nothing is asked for`);
      }
    }
  });
}

t.test('fields that no table knows are dropped', async (t) => {
  t.equal(outcome({ n: 2, constructor: 1 }), outcome({}));
});

t.test('the model is the routed one', async (t) => {
  t.equal(translate({ model: 'asked' }, 'routed').model, 'routed');
});

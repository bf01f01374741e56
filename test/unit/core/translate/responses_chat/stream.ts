// Streams: each upstream's habits become the same grammar of events, read here by a checker and by the official SDK.
import t from 'tap';
import type { JsonObject } from '../../../../../src/core/translate/translation.ts';
import { seeded } from '../../../../fixtures/random.ts';
import {
  chunk,
  clientOf,
  grammarFaults,
  relayed,
  streamed,
  USAGE,
  usageChunk,
} from '../../../../fixtures/responses.ts';

const calls = (...tool_calls: JsonObject[]): JsonObject => chunk({ tool_calls });
const TOOLS = {
  tools: [
    { type: 'function', name: 'weather', parameters: null, strict: null },
    { type: 'custom', name: 'patch' },
    { type: 'namespace', name: 'mcp', description: '', tools: [{ type: 'function', name: 'find' }] },
  ],
} as const;

/** Everything at once: reasoning, text, a refusal, and two calls whose pieces come by turns. */
const FULL = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ reasoning_content: 'First, ' }),
  chunk({ reasoning_content: 'the sky.' }),
  chunk({ content: 'It is ' }),
  chunk({ content: 'blue "today" \\ \u{1f600}.' }),
  chunk({ refusal: 'No more.' }),
  calls({ index: 0, id: 'call_a', type: 'function', function: { name: 'weather', arguments: '' } }),
  calls({ index: 0, function: { arguments: '{"city":' } }),
  calls({ index: 1, id: 'call_b', type: 'function', function: { name: 'patch', arguments: '{"inp' } }),
  calls({ index: 0, function: { arguments: '"Bern"}' } }),
  calls({ index: 1, function: { arguments: 'ut":"*** Begin"}' } }),
  chunk({}, 'tool_calls'),
  usageChunk(),
];
const FULL_OUTPUT = [
  { type: 'reasoning', summary: [{ type: 'summary_text', text: 'First, the sky.' }] },
  {
    type: 'message',
    role: 'assistant',
    status: 'completed',
    content: [
      { type: 'output_text', text: 'It is blue "today" \\ \u{1f600}.', annotations: [], logprobs: [] },
      { type: 'refusal', refusal: 'No more.' },
    ],
  },
  {
    type: 'function_call',
    call_id: 'call_a',
    name: 'weather',
    arguments: '{"city":"Bern"}',
    status: 'completed',
  },
  { type: 'custom_tool_call', call_id: 'call_b', name: 'patch', input: '*** Begin', status: 'completed' },
];
const RESPONSE_USAGE = {
  input_tokens: 50,
  input_tokens_details: { cached_tokens: 30, cache_write_tokens: 0 },
  output_tokens: 20,
  output_tokens_details: { reasoning_tokens: 8 },
  total_tokens: 70,
};

const typesOf = (events: readonly JsonObject[]): unknown[] => events.map(({ type }) => type);
const last = (events: readonly JsonObject[]): JsonObject => events.at(-1)!.response as JsonObject;
const outputOf = (chunks: readonly JsonObject[], request: JsonObject = TOOLS): JsonObject[] =>
  last(streamed(chunks, request)).output as JsonObject[];

t.test('the events of a full answer, in order', async (t) => {
  const events = streamed(FULL, TOOLS);
  t.same(grammarFaults(events), []);
  t.same(
    typesOf(events).map((type) => String(type).slice('response.'.length)),
    [
      'created',
      'in_progress',
      'output_item.added',
      'reasoning_summary_part.added',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.delta',
      'reasoning_summary_text.done',
      'reasoning_summary_part.done',
      'output_item.done',
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'content_part.added',
      'refusal.delta',
      'refusal.done',
      'content_part.done',
      'output_item.done',
      'output_item.added',
      'function_call_arguments.delta',
      'output_item.added',
      'function_call_arguments.delta',
      'function_call_arguments.done',
      'output_item.done',
      'custom_tool_call_input.delta',
      'custom_tool_call_input.done',
      'output_item.done',
      'completed',
    ],
  );
  t.match(last(events), {
    status: 'completed',
    model: 'upstreams',
    output: FULL_OUTPUT,
    usage: RESPONSE_USAGE,
  });
  t.match(events[0]!.response, { status: 'in_progress', output: [], usage: null });
});

t.test('the same events however the bytes of the stream were split', async (t) => {
  const text = `${FULL.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`;
  const bytes = Buffer.from(text);
  const expected = relayed([bytes], TOOLS);
  const random = seeded(3);
  t.equal(
    relayed(
      Array.from(bytes, (byte) => Buffer.of(byte)),
      TOOLS,
    ),
    expected,
  );
  for (let at = 1; at < bytes.length; at++) {
    if (relayed([bytes.subarray(0, at), bytes.subarray(at)], TOOLS) !== expected) t.fail(`split at ${at}`);
  }
  for (let i = 0; i < 200; i++) {
    const cuts = Array.from({ length: 8 }, () => Math.floor(random() * bytes.length)).sort((a, b) => a - b);
    const parts = [0, ...cuts].map((from, n) => bytes.subarray(from, cuts[n] ?? bytes.length));
    if (relayed(parts, TOOLS) !== expected) t.fail(`split at ${cuts}`);
  }
  t.match(expected, /^event: response\.created\ndata: \{"type":"response\.created",/);
});

t.test('the official SDK reads it', async (t) => {
  const body = streamed(FULL, TOOLS).map(
    (event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`,
  );
  const client = await clientOf(t, body.join(''));
  const stream = client.responses.stream({ model: 'm', input: 'hi' });
  let said = '';
  let args = '';
  stream.on('response.output_text.delta', ({ delta, snapshot }) => {
    said += delta;
    t.equal(snapshot, said);
  });
  stream.on('response.function_call_arguments.delta', ({ delta }) => {
    args += delta;
  });
  const final = await stream.finalResponse();
  t.match(final, { output: FULL_OUTPUT, usage: RESPONSE_USAGE, status: 'completed', store: false });
  t.equal(final.output_text, said);
  t.equal(args, '{"city":"Bern"}');
});

t.test('an answer that was cut, or filtered, is incomplete, and so is what was being said', async (t) => {
  const text = streamed([chunk({ content: 'half a' }), chunk({}, 'length'), usageChunk()]);
  t.same(grammarFaults(text), []);
  t.equal(text.at(-1)!.type, 'response.incomplete');
  t.match(last(text), {
    status: 'incomplete',
    incomplete_details: { reason: 'max_output_tokens' },
    output: [{ status: 'incomplete' }],
    usage: RESPONSE_USAGE,
  });
  const filtered = last(streamed([chunk({ content: 'x' }), chunk({}, 'content_filter')]));
  t.match(filtered, { status: 'incomplete', incomplete_details: { reason: 'content_filter' }, usage: null });
  const call = { id: 'a', function: { name: 'weather', arguments: '{' } };
  t.match(outputOf([chunk({ content: 'x' }), calls({ index: 0, ...call }), chunk({}, 'length')]), [
    { type: 'message', status: 'completed' },
    { type: 'function_call', status: 'incomplete', arguments: '{' },
  ]);
});

t.test(
  'Gemini: calls whole, without an index, one behind the other or in one chunk; usage in every chunk',
  async (t) => {
    const call = (id: string, args: string) => ({
      id,
      type: 'function',
      function: { name: 'weather', arguments: args },
    });
    const expected = [
      { type: 'function_call', call_id: 'a', arguments: '{"n":1}' },
      { type: 'function_call', call_id: 'b', arguments: '{}' },
    ];
    const usage = { usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 } };
    const apart = [
      { ...calls(call('a', '{"n":1}')), ...usage },
      { ...calls(call('b', '')), usage: USAGE },
    ];
    t.match(outputOf(apart), expected);
    t.match(last(streamed(apart, TOOLS)), { usage: RESPONSE_USAGE });
    t.match(outputOf([calls(call('a', '{"n":1}'), call('b', ''))]), expected);
    const nameless = ({ id: _id, ...rest }: JsonObject) => rest;
    const without = outputOf([calls(nameless(call('a', '{"n":1}'))), calls(nameless(call('b', '')))]);
    t.match(without, [{ arguments: '{"n":1}' }, { arguments: '{}' }]);
    t.not(without[0]!.call_id, without[1]!.call_id, 'ids are made');
    const sameIndex = [calls({ index: 0, ...call('a', '{"n":1}') }), calls({ index: 0, ...call('b', '') })];
    t.match(outputOf(sameIndex), expected, 'the same index twice');
  },
);

t.test('a call whose id and name are repeated in each piece is one call', async (t) => {
  const piece = (args: string) =>
    calls({ index: 0, id: 'a', type: 'function', function: { name: 'weather', arguments: args } });
  t.match(outputOf([piece('{"a"'), piece(':1}')]), [{ call_id: 'a', arguments: '{"a":1}' }]);
  const empty = calls({ index: 0, id: '', function: { name: '', arguments: ':1}' } });
  t.match(outputOf([piece('{"a"'), empty]), [{ call_id: 'a', arguments: '{"a":1}' }]);
});

t.test('arguments before the name wait for it, and a call that never gets one is an error', async (t) => {
  const early = [calls({ index: 0, id: 'a', function: { arguments: '{' } })];
  const named = [...early, calls({ index: 0, function: { name: 'weather', arguments: '}' } })];
  t.same(grammarFaults(streamed(named, TOOLS)), []);
  t.match(outputOf(named), [{ call_id: 'a', name: 'weather', arguments: '{}' }]);
  t.throws(() => streamed(early), { code: 'upstream_invalid' });
});

t.test('a part of a call that says nothing is none', async (t) => {
  const nothing = [{ index: 0, function: { arguments: '' } }, { index: 1 }, { id: 'a', type: 'function' }];
  const events = streamed([
    chunk({ content: 'whole' }),
    ...nothing.map((part) => calls(part)),
    chunk({}, 'stop'),
  ]);
  t.same(grammarFaults(events), []);
  t.match(last(events), { status: 'completed', output: [{ status: 'completed' }] });
  t.equal((last(events).output as unknown[]).length, 1);
});

t.test('a call whose id comes after its name is one, and ids are made that everybody takes', async (t) => {
  const late = [
    calls({ index: 0, function: { name: 'weather', arguments: '{' } }),
    calls({ index: 0, id: 'a', function: { name: 'weather', arguments: '}' } }),
  ];
  const [item, ...more] = outputOf(late);
  t.match(item, { arguments: '{}' });
  t.same(more, []);
  t.match(item!.call_id, /^call_[a-zA-Z0-9_]{1,35}$/);
});

t.test('names are the client’s again', async (t) => {
  const call = calls({ index: 0, id: 'a', function: { name: 'mcp__find', arguments: '{}' } });
  t.match(outputOf([call]), [{ type: 'function_call', name: 'find', namespace: 'mcp' }]);
  t.match(
    outputOf([call], {}),
    [{ type: 'function_call', name: 'mcp__find' }],
    'one that nobody has given stays',
  );
});

t.test('what a custom tool is given need not be wrapped', async (t) => {
  const inputOf = (args: string) =>
    outputOf([calls({ index: 0, id: 'a', function: { name: 'patch', arguments: args } })])[0]!.input;
  t.equal(inputOf('{"input":"x\\n"}'), 'x\n');
  t.equal(inputOf('*** Begin'), '*** Begin');
  t.equal(inputOf('{"other":1}'), '{"other":1}');
  t.equal(inputOf(''), '');
});

t.test('Copilot: no model, no choices at first; text behind calls and reasoning behind text', async (t) => {
  const nobody = { ...chunk({ content: 'x' }), model: '' };
  t.match(last(streamed([{ id: '', model: '', choices: [] }, nobody])), {
    model: 'routed-model',
    output: [{}],
  });
  const turns = [
    chunk({ content: 'a' }),
    chunk({ reasoning_text: 'b' }),
    chunk({ content: 'c' }),
    calls({ index: 0, id: 'x', function: { name: 'weather', arguments: '{}' } }),
    chunk({ content: 'd' }),
  ];
  t.same(grammarFaults(streamed(turns, TOOLS)), []);
  t.same(
    outputOf(turns).map(({ type }) => type),
    ['message', 'reasoning', 'message', 'function_call', 'message'],
  );
});

t.test('members of an unexpected type are as good as absent', async (t) => {
  const odd = [
    {},
    { choices: null },
    { choices: [null, 7, { index: 1, delta: { content: 'another choice' } }] },
    chunk({ content: 7, tool_calls: 'none', reasoning_content: {}, refusal: [] }),
    chunk({
      content: [
        { type: 'text', text: 'in ' },
        { type: 'text', text: 'parts' },
      ],
    }),
    { usage: 'much', choices: [{ delta: null, finish_reason: 3 }] },
  ];
  const events = streamed(odd);
  t.same(grammarFaults(events), []);
  t.match(last(events), { output: [{ content: [{ text: 'in parts' }] }], usage: null });
  t.match(last(streamed([])), { status: 'completed', output: [] }, 'nothing at all');
});

t.test('an answer that is too long to be kept is an error', async (t) => {
  const piece = chunk({ content: 'x'.repeat(1_048_576) });
  t.throws(() => streamed(Array(33).fill(piece)), {
    code: 'upstream_invalid',
    message: /longer than 33554432/,
  });
});

// The official client takes `/v1/responses` for the real thing, and what the real one refuses is refused.
import OpenAI from 'openai';
import t from 'tap';
import { type Script, scriptText } from '../../../sim/script.ts';
import { startSimulator } from '../../../sim/simulator.ts';

const simulator = await startSimulator({ dialect: 'openai' });
t.teardown(() => simulator.close());
const client = new OpenAI({ baseURL: `${simulator.url}/v1`, apiKey: 'key', maxRetries: 0 });

type Request = OpenAI.Responses.ResponseCreateParamsNonStreaming;
type Input = OpenAI.Responses.ResponseInput;

const request = (script: Script, more: Partial<Request> = {}): Request => ({
  model: 'small',
  input: scriptText(script),
  ...more,
});
const usage = { input: 100, output: 50, cacheRead: 30, reasoning: 20 };
const told = {
  input_tokens: 100,
  input_tokens_details: { cached_tokens: 30 },
  output_tokens: 50,
  output_tokens_details: { reasoning_tokens: 20 },
  total_tokens: 150,
};
const tools = [{ name: 'search', arguments: { query: 'weather in Ulm', limit: 3 } }];
const script: Script = { thinking: 'let me see', text: 'Good day.', tools, usage };
const output = [
  { type: 'reasoning', summary: [{ type: 'summary_text', text: 'let me see' }] },
  { type: 'message', content: [{ type: 'output_text', text: 'Good day.' }] },
  { type: 'function_call', name: 'search', arguments: JSON.stringify(tools[0]!.arguments) },
];

t.test('JSON', async (t) => {
  const answer = await client.responses.create(request({ id: 'json', ...script }));
  t.match(answer, { object: 'response', status: 'completed', output, usage: told, output_text: 'Good day.' });
  const entry = await simulator.until('finished', 'json');
  t.same(entry.reported, { ...usage, cacheWrite: 0 });
  t.match(entry, { model: 'small', dialect: 'openai', text: 'Good day.' });
});

t.test('a stream', async (t) => {
  const stream = client.responses.stream({ model: 'small', input: scriptText({ id: 'stream', ...script }) });
  const seen: { type: string; sequence_number: number }[] = [];
  stream.on('event', (event) => seen.push(event as never));
  t.match(await stream.finalResponse(), { status: 'completed', output, usage: told });
  t.same(
    seen.map(({ sequence_number }) => sequence_number),
    seen.map((_, i) => i),
  );
  t.same(
    seen.map(({ type }) => type.slice('response.'.length)).filter((type, i, all) => type !== all[i - 1]),
    [
      ...['created', 'in_progress', 'output_item.added'],
      ...['reasoning_summary_part.added', 'reasoning_summary_text.delta', 'reasoning_summary_text.done'],
      ...['reasoning_summary_part.done', 'output_item.done', 'output_item.added', 'content_part.added'],
      ...['output_text.delta', 'output_text.done', 'content_part.done', 'output_item.done'],
      ...['output_item.added', 'function_call_arguments.delta', 'function_call_arguments.done'],
      ...['output_item.done', 'completed'],
    ],
  );
  const entry = await simulator.until('finished', 'stream');
  t.same(entry.reported, { ...usage, cacheWrite: 0 });
  t.equal(entry.text, 'Good day.');
});

t.test('a refusal', async (t) => {
  const refused = [{ type: 'message', content: [{ type: 'refusal', refusal: 'I will not.' }] }];
  t.match((await client.responses.create(request({ refusal: 'I will not.' }))).output, refused);
  const stream = client.responses.stream({ model: 'm', input: scriptText({ refusal: 'I will not.' }) });
  t.match((await stream.finalResponse()).output, refused);
});

t.test('answers that are incomplete, or fail', async (t) => {
  for (const [stop, fields] of [
    ['length', { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }],
    ['content_filter', { status: 'incomplete', incomplete_details: { reason: 'content_filter' } }],
    ['failed', { status: 'failed', error: { code: 'server_error' } }],
  ] as const) {
    t.match(await client.responses.create(request({ stop, text: 'Half' })), fields);
    const events = await client.responses.create({ ...request({ stop, text: 'Half' }), stream: true });
    let last: unknown;
    for await (const event of events) last = event;
    t.match(last, { type: `response.${fields.status}`, response: { ...fields, usage: Object } });
  }
});

t.test('an error in mid-stream', async (t) => {
  const script: Script = { id: 'broken', fault: 'error-event', after: 2 };
  const events = await client.responses.create({ ...request(script), stream: true });
  const types: string[] = [];
  const read = async () => {
    for await (const { type } of events) types.push(type);
  };
  await t.rejects(read(), { message: /mid-stream/, code: 'server_error' });
  t.equal(types.filter((type) => type === 'response.output_text.delta').length, 2);
  const { sent } = await simulator.until('finished', 'broken');
  t.match(sent.toString(), new RegExp(`"type":"error","sequence_number":${types.length},`));
});

t.test('a loop of tools, with reasoning that comes back encrypted', async (t) => {
  const include = ['reasoning.encrypted_content' as const];
  const loop: Script = { ...script, next: { text: 'Rain.' } };
  const first = await client.responses.create(request(loop, { include, store: false }));
  const call = first.output.find((item) => item.type === 'function_call')!;
  const input = (output: readonly object[]): Input =>
    [
      { role: 'user', content: scriptText(loop) },
      ...output,
      { type: 'function_call_output', call_id: call.call_id, output: 'wet' },
    ] as Input;
  t.equal((await client.responses.create({ model: 'm', input: input(first.output) })).output_text, 'Rain.');
  const forged = first.output.map((item) =>
    item.type === 'reasoning' ? { ...item, encrypted_content: 'AAAA' } : item,
  );
  await t.rejects(client.responses.create({ model: 'm', input: input(forged) }), {
    message: /encrypted content AAAA\.\.\. could not be verified/,
    code: 'invalid_encrypted_content',
  });
});

const says = (...input: unknown[]) => ({ input: [{ role: 'user', content: 'hi' }, ...input] });
const call = { type: 'function_call', call_id: 'c1', name: 'f', arguments: '{}' };
const tool = { type: 'function', name: 'f', parameters: {}, strict: false };

for (const [message, more] of [
  ["Unknown parameter: 'messages'.", { messages: [] }],
  ["Missing required parameter: 'input'.", { input: undefined }],
  ["Unknown parameter: 'input[1].name'.", says({ role: 'user', content: 'x', name: 'me' })],
  [
    "Invalid value: 'text'. Supported values are: 'input_text', 'input_image', and 'input_file'.",
    says({ role: 'user', content: [{ type: 'text', text: 'x' }] }),
  ],
  [
    "Invalid value: 'input_text'. Supported values are: 'output_text', and 'refusal'.",
    says({ role: 'assistant', content: [{ type: 'input_text', text: 'x' }] }),
  ],
  [/^Invalid value: 'tool'\. Supported values are: 'user', /, says({ role: 'tool', content: 'x' })],
  ['No tool output found for function call c1.', says(call)],
  [
    'No tool call found for function call output with call_id c1.',
    says({ type: 'function_call_output', call_id: 'c1', output: '' }),
  ],
  [
    "Missing required parameter: 'tools[0].name'.",
    { tools: [{ type: 'function', function: { name: 'f' } }] },
  ],
  ["Unknown parameter: 'tools[0].function'.", { tools: [{ ...tool, function: {} }] }],
  [
    "Tool choice 'g' not found in 'tools' parameter.",
    { tools: [tool], tool_choice: { type: 'function', name: 'g' } },
  ],
  [
    "Unknown parameter: 'stream_options.include_usage'.",
    { stream: true, stream_options: { include_usage: true } },
  ],
  [/^Invalid 'max_output_tokens': integer below minimum value\./, { max_output_tokens: 1 }],
  [
    "Unknown parameter: 'text.format.json_schema'.",
    { text: { format: { type: 'json_schema', name: 'n', schema: {}, json_schema: {} } } },
  ],
] as const) {
  t.test(`refuses: ${message}`, async (t) => {
    const refused = client.responses.create({ ...request({}), ...more } as never).then(
      () => undefined,
      (error: InstanceType<typeof OpenAI.BadRequestError>) => error,
    );
    const error = await refused;
    t.equal(error?.status, 400);
    const { message: found } = error!.error as { message: string };
    if (typeof message === 'string') t.equal(found, message);
    else t.match(found, message);
  });
}

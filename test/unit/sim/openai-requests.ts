// What OpenAI's chat completions refuse, the simulator refuses with the same words; what they take, it takes.
import t from 'tap';
import { type Script, scriptText } from '../../../sim/script.ts';
import { startSimulator } from '../../../sim/simulator.ts';

const simulator = await startSimulator({ dialect: 'openai' });
t.teardown(() => simulator.close());

async function send(body: object) {
  const response = await fetch(`${simulator.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as { error?: { message: string } } };
}

const ask = (script: Script = {}) => ({ role: 'user', content: scriptText(script) });
const request = (more: object = {}) => ({ model: 'm', messages: [ask()], ...more });
const says = (...content: unknown[]) => request({ messages: [{ role: 'user', content }] });
const talk = (...messages: unknown[]) => request({ messages: [ask(), ...messages] });
const image = (url: string) => says({ type: 'image_url', image_url: { url } });
const call = (id = 'call_1', more: object = {}) => ({
  id,
  type: 'function',
  function: { name: 'find', arguments: '{}', ...more },
});
const calls = (...tool_calls: unknown[]) => ({ role: 'assistant', content: null, tool_calls });
const answer = (tool_call_id = 'call_1') => ({ role: 'tool', tool_call_id, content: 'found' });
const tool = (more: object = {}) => ({
  type: 'function',
  function: { name: 'find', parameters: {}, ...more },
});

const REFUSED: readonly (readonly [message: string | RegExp, body: object, param?: string])[] = [
  ['Unrecognized request argument supplied: x', request({ x: 1 })],
  ['Unrecognized request arguments supplied: system, top_k', request({ system: 's', top_k: 1 })],
  ["Missing required parameter: 'model'.", request({ model: undefined }), 'model'],
  ["Missing required parameter: 'messages'.", request({ messages: undefined }), 'messages'],
  [
    "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
    request({ messages: [] }),
  ],
  [
    "Invalid value: 'model'. Supported values are: 'system', 'developer', 'user', 'assistant', 'tool', and 'function'.",
    talk({ role: 'model', content: 'x' }),
    'messages[1].role',
  ],
  ["Unknown parameter: 'messages[1].thinking'.", talk({ role: 'user', content: 'x', thinking: 1 })],
  ["Missing required parameter: 'messages[1].content'.", talk({ role: 'user' })],
  [/^Invalid type for 'messages\[1\]\.content': /, talk({ role: 'user', content: 7 })],
  [
    /^Invalid value: 'tool_use'\. Supported values are: 'text', 'image_url', 'input_audio', and 'file'\.$/,
    says({ type: 'tool_use' }),
  ],
  [
    "Unknown parameter: 'messages[0].content[0].cache_control'.",
    says({ type: 'text', text: 'x', cache_control: {} }),
  ],
  [
    /^Invalid 'messages\[0\]\.content\[0\]\.image_url\.url'\. Expected a valid URL/,
    image('file:///etc/passwd'),
  ],
  [/Expected a valid URL/, image('data:text/plain;base64,AAAA')],
  [
    "Invalid value for 'content': expected a string, got null.",
    talk({ role: 'assistant', content: null }),
    'messages.[1].content',
  ],
  [
    /^Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'\.$/,
    talk(answer()),
    'messages.[1].role',
  ],
  [/must be a response to a preceeding message/, talk(calls(call()), answer(), ask(), answer())],
  [/^Invalid parameter: 'tool_call_id' of 'other' not found/, talk(calls(call()), answer('other'))],
  [
    /^An assistant message with 'tool_calls' must be followed by tool messages .* did not have response messages: call_1$/,
    talk(calls(call()), ask()),
  ],
  [/did not have response messages: call_2$/, talk(calls(call(), call('call_2')), answer())],
  [
    "Missing required parameter: 'messages[1].tool_calls[0].function.arguments'.",
    talk(calls(call('a', { arguments: undefined }))),
  ],
  [
    /^Invalid type for 'messages\[1\]\.tool_calls\[0\]\.function\.arguments': expected a string, but got an object instead\.$/,
    talk(calls(call('a', { arguments: {} }))),
  ],
  [
    /^Invalid 'messages\[1\]\.tool_calls\[0\]\.id': string too long\. Expected a string with maximum length 40, but got a string with length 41 instead\.$/,
    talk(calls(call('x'.repeat(41)))),
  ],
  [
    "Missing required parameter: 'tools[0].function'.",
    request({ tools: [{ type: 'function', name: 'find' }] }),
  ],
  [
    /^Invalid 'tools\[0\]\.function\.name': string does not match pattern\. /,
    request({ tools: [tool({ name: 'a b' })] }),
  ],
  [
    /^Invalid 'tools\[0\]\.function\.name': string too long\. /,
    request({ tools: [tool({ name: 'a'.repeat(65) })] }),
  ],
  [/^Invalid 'tools': empty array\./, request({ tools: [] })],
  ["'tool_choice' is only allowed when 'tools' are specified.", request({ tool_choice: 'auto' })],
  [
    "'parallel_tool_calls' is only allowed when 'tools' are specified.",
    request({ parallel_tool_calls: true }),
  ],
  [/^Invalid value: 'any'/, request({ tools: [tool()], tool_choice: { type: 'any' } })],
  [
    "Tool choice 'other' not found in 'tools' parameter.",
    request({ tools: [tool()], tool_choice: { type: 'function', function: { name: 'other' } } }),
  ],
  [
    /'messages' must contain the word 'json' in some form/,
    request({ response_format: { type: 'json_object' } }),
  ],
  [
    "Missing required parameter: 'response_format.json_schema'.",
    request({ response_format: { type: 'json_schema' } }),
  ],
  [
    /^Invalid 'stop': array too long\. Expected an array with maximum length 4, but got an array with length 5 instead\.$/,
    request({ stop: ['a', 'b', 'c', 'd', 'e'] }),
  ],
  [
    "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 3 instead.",
    request({ temperature: 3 }),
    'temperature',
  ],
  [
    /^Invalid value: 'max'\. Supported values are: 'none', 'minimal', 'low', 'medium', 'high', and 'xhigh'\.$/,
    request({ reasoning_effort: 'max' }),
  ],
  [
    "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
    request({ stream_options: {} }),
  ],
  [
    /^Setting 'max_tokens' and 'max_completion_tokens' at the same time/,
    request({ max_tokens: 1, max_completion_tokens: 1 }),
  ],
  ['We could not parse the JSON body of your request.', undefined as never],
];

for (const [message, body, param] of REFUSED) {
  t.test(`refuses: ${message}`, async (t) => {
    const { status, body: found } = await send(body);
    t.equal(status, 400);
    t.match(found, { error: { type: 'invalid_request_error', ...(param && { param }) } });
    t.ok('param' in found.error! && 'code' in found.error);
    if (typeof message === 'string') t.equal(found.error!.message, message);
    else t.match(found.error!.message, message);
  });
}

const TAKEN: Readonly<Record<string, object>> = {
  'every part': says(
    { type: 'text', text: '' },
    { type: 'image_url', image_url: { url: 'https://example.org/a.png', detail: 'low' } },
    { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
    { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
    { type: 'file', file: { file_id: 'f' } },
  ),
  'every field': request({
    messages: [{ role: 'developer', content: 'in json' }, ask()],
    stream: false,
    max_completion_tokens: 5,
    temperature: 2,
    top_p: 1,
    n: 1,
    stop: ['a', 'b'],
    tools: [tool({ strict: true, description: 'd' })],
    tool_choice: { type: 'function', function: { name: 'find' } },
    parallel_tool_calls: false,
    response_format: { type: 'json_object' },
    reasoning_effort: 'xhigh',
    seed: 1,
    user: 'u',
    metadata: { a: 'b' },
    service_tier: 'flex',
    prompt_cache_key: 'k',
  }),
  'several calls, answered in another order': talk(
    calls(call('a'), call('b')),
    answer('b'),
    answer('a'),
    ask(),
  ),
  'what vendors want back': talk(
    { ...calls({ ...call(), extra_content: {} }), reasoning_content: 'hm', reasoning_details: [] },
    answer(),
  ),
  'a refusal without content': talk({ role: 'assistant', content: null, refusal: 'no' }, ask()),
  'anything, if the script says so': { model: 'm', input: [ask({ lenient: true })], x: 1 },
};

for (const [name, body] of Object.entries(TAKEN)) {
  t.test(`takes ${name}`, async (t) => {
    const { status, body: found } = await send(body);
    t.equal(status, 200, { found });
  });
}

// A list of items becomes a conversation as chat completions want it.
import t from 'tap';
import type { JsonObject } from '../../../../../src/core/translate/translation.ts';
import { answered, chunk, sent, streamed } from '../../../../fixtures/responses.ts';

const messages = (input: unknown, more: JsonObject = {}): unknown => sent({ input, ...more }).messages;
const call = (call_id: string, name = 'f') => ({ type: 'function_call', call_id, name, arguments: '{}' });
const output = (call_id: string, value: unknown = 'ok') => ({
  type: 'function_call_output',
  call_id,
  output: value,
});
const toolCall = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });
const result = (tool_call_id: string, content = 'ok') => ({ role: 'tool', tool_call_id, content });
const refusal = (input: unknown) => {
  try {
    sent({ input });
    return undefined;
  } catch (error) {
    return (error as { param: string }).param;
  }
};

t.test('instructions and messages of each role', async (t) => {
  t.same(
    messages(
      [
        {
          role: 'developer',
          content: [
            { type: 'input_text', text: 'a' },
            { type: 'input_text', text: 'b' },
          ],
        },
        { role: 'system', content: 'c' },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'd' }] },
        { role: 'assistant', content: 'e' },
        {
          type: 'message',
          id: 'msg_1',
          role: 'assistant',
          status: 'completed',
          content: [
            { type: 'output_text', text: 'f', annotations: [] },
            { type: 'output_text', text: 'g', annotations: [] },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'h' },
            { type: 'input_image', image_url: 'u' },
          ],
        },
      ],
      { instructions: 'Be brief.' },
    ),
    [
      { role: 'system', content: 'Be brief.' },
      { role: 'system', content: 'a\n\nb' },
      { role: 'system', content: 'c' },
      { role: 'user', content: 'd' },
      { role: 'assistant', content: 'e' },
      { role: 'assistant', content: 'fg' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'h' },
          { type: 'image_url', image_url: { url: 'u' } },
        ],
      },
    ],
  );
});

t.test('text and calls of one turn are one message, whichever comes first', async (t) => {
  const both = { role: 'assistant', content: 'Let me see.', tool_calls: [toolCall('a'), toolCall('b')] };
  const text = { role: 'assistant', content: 'Let me see.' };
  const results = [result('a'), result('b')];
  t.same(messages([text, call('a'), call('b'), output('a'), output('b')]), [both, ...results]);
  t.same(messages([call('a'), text, call('b'), output('a'), output('b')]), [both, ...results]);
  t.same(messages([call('a'), output('a'), call('b'), output('b')]), [
    { role: 'assistant', content: null, tool_calls: [toolCall('a')] },
    result('a'),
    { role: 'assistant', content: null, tool_calls: [toolCall('b')] },
    result('b'),
  ]);
});

t.test('results stand right behind their calls, wherever the client has them', async (t) => {
  const asked = { role: 'assistant', content: null, tool_calls: [toolCall('a'), toolCall('b')] };
  const user = { role: 'user', content: 'hurry' };
  t.same(messages([call('a'), call('b'), output('b', 'B'), output('a', 'A')]), [
    asked,
    result('a', 'A'),
    result('b', 'B'),
  ]);
  t.same(messages([call('a'), call('b'), output('a'), user, output('b')]), [
    asked,
    result('a'),
    result('b'),
    user,
  ]);
  t.same(
    messages([call('a'), call('b'), output('a'), user]),
    [asked, result('a'), result('b', 'The call has no result.'), user],
    'one may be missing',
  );
  t.same(messages([call('a'), output('a', 'no'), output('a', 'yes')]), [
    { role: 'assistant', content: null, tool_calls: [toolCall('a')] },
    result('a', 'yes'),
  ]);
  t.same(
    messages([call('a'), output('a', '1'), call('a'), output('a', '2')]),
    ['1', '2'].flatMap((content) => [
      { role: 'assistant', content: null, tool_calls: [toolCall('a')] },
      result('a', content),
    ]),
    'an id that is used again means the latest call',
  );
});

t.test('what a tool shows goes into a message behind the results', async (t) => {
  const image = { type: 'input_image', image_url: 'data:image/png;base64,AA==' };
  const shown = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } };
  const words = { type: 'input_text', text: 'a view' };
  t.match(messages([call('a'), call('b'), output('a', [words, image]), output('b', [image])]), [
    { role: 'assistant' },
    result('a', 'a view'),
    result('b', '(See the next message of the user.)'),
    { role: 'user', content: [shown, shown] },
  ]);
  t.match(messages([call('a'), output('a', [])]), [{}, result('a', '')]);
});

t.test('a 400 names the item at fault', async (t) => {
  t.equal(refusal(undefined), 'input');
  t.equal(refusal({}), 'input');
  t.equal(refusal([7]), 'input[0]');
  t.equal(refusal([output('a')]), 'input[0].call_id', 'a result without a call');
  t.equal(refusal([output('a'), call('a')]), 'input[0].call_id', 'a result before its call');
  t.equal(refusal([{ type: 'item_reference', id: 'msg_1' }]), 'input[0]');
  t.equal(refusal([{ type: 'message', role: 'tool', content: 'x' }]), 'input[0].role');
  t.equal(refusal([{ type: 'telepathy' }]), 'input[0].type');
  t.equal(refusal([{ type: 'function_call', call_id: 'a', name: 'f' }]), 'input[0].arguments');
  t.equal(refusal([{ type: 'function_call', call_id: 'a', arguments: '' }]), 'input[0].name');
  t.equal(refusal([{ type: 'custom_tool_call', call_id: 'a', name: 'f' }]), 'input[0].input');
  t.equal(refusal([{ role: 'user' }]), 'input[0].content');
  t.equal(refusal([{ role: 'user', content: [{ type: 'input_text' }] }]), 'input[0].content[0].text');
  t.equal(refusal([{ role: 'user', content: [{ type: 'video' }] }]), 'input[0].content[0].type');
  t.equal(refusal([{ role: 'user', content: [{ type: 'input_image' }] }]), 'input[0].content[0].image_url');
  t.equal(
    refusal([{ role: 'user', content: [{ type: 'input_file', file_id: 'f' }] }]),
    'input[0].content[0].file_id',
  );
});

t.test('what the model answered may be sent back as it is', async (t) => {
  const tools = [{ type: 'custom', name: 'patch' }];
  const made = { id: 'c1', function: { name: 'patch', arguments: '{"input":"*** Begin"}' } };
  const answer = answered({ reasoning_content: 'hm', content: 'Done?', tool_calls: [made] }, {}, { tools });
  const back = [
    ...(answer.output as JsonObject[]),
    { type: 'custom_tool_call_output', call_id: 'c1', output: 'ok' },
  ];
  t.same(messages(back), [
    {
      role: 'assistant',
      content: 'Done?',
      reasoning_content: 'hm',
      tool_calls: [{ ...made, type: 'function' }],
    },
    result('c1'),
  ]);
});

/** The assistant's message that comes of an answer with this reasoning, after a round trip. */
function roundTrip(...deltas: JsonObject[]): JsonObject {
  const events = streamed([...deltas.map((delta) => chunk(delta)), chunk({ content: 'so' })]);
  const { output: items } = events.at(-1)!.response as { output: JsonObject[] };
  const [message] = messages(items) as JsonObject[];
  const { role, content, ...reasoning } = message!;
  t.same({ role, content }, { role: 'assistant', content: 'so' });
  return reasoning;
}

t.test('each upstream gets its reasoning back in its own members', async (t) => {
  t.same(roundTrip({ reasoning_content: 'a' }, { reasoning_content: 'b' }), { reasoning_content: 'ab' });
  t.same(roundTrip({ reasoning: 'a' }), { reasoning: 'a' });
  t.same(roundTrip({ reasoning_text: 'a' }, { reasoning_opaque: 'xyz' }), {
    reasoning_text: 'a',
    reasoning_opaque: 'xyz',
  });
  const detail = (more: JsonObject) => ({
    type: 'reasoning.text',
    format: 'anthropic-claude-v1',
    index: 0,
    ...more,
  });
  const redacted = { type: 'reasoning.encrypted', data: 'AA==', format: 'anthropic-claude-v1', index: 1 };
  t.same(
    roundTrip(
      { reasoning_content: 'a', reasoning_details: [detail({ text: 'a', signature: null })] },
      { reasoning_content: 'b', reasoning_details: [detail({ text: 'b' })] },
      { reasoning_details: [detail({ signature: 'sig' })] },
      { reasoning_details: [redacted] },
      { reasoning_details: [detail({ text: 'c', index: 2 })] },
      { reasoning_details: [detail({ signature: 'sig2', index: 2 })] },
    ),
    {
      reasoning_details: [
        detail({ text: 'ab', signature: 'sig' }),
        redacted,
        detail({ text: 'c', signature: 'sig2', index: 2 }),
      ],
    },
  );
  t.match(roundTrip({ reasoning_details: [{ type: 'reasoning.summary', summary: 's' }] }), {
    reasoning_details: [{ summary: 's' }],
  });
});

t.test('the client sees the reasoning as a summary, and what cannot be read as nothing', async (t) => {
  const items = (message: JsonObject) => answered(message).output;
  t.match(items({ reasoning_details: [{ type: 'reasoning.text', text: 'in detail' }] }), [
    { type: 'reasoning', summary: [{ type: 'summary_text', text: 'in detail' }] },
  ]);
  t.match(items({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'AA==' }] }), [
    { type: 'reasoning', summary: [], encrypted_content: /^~apipod\../ },
  ]);
});

t.test('what Gemini wants back with a call comes back with it', async (t) => {
  const extra_content = { google: { thought_signature: 'c2ln' } };
  const made = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } };
  const { output: items } = answered({
    tool_calls: [
      { ...made, extra_content },
      { ...made, id: 'c2' },
    ],
  });
  t.match(items, [{ type: 'reasoning' }, { type: 'function_call' }, { type: 'function_call' }]);
  const back = (model: string, input: unknown = items) =>
    (sent({ input }, { model }).messages as { tool_calls: JsonObject[] }[])[0]!.tool_calls;
  t.same(back('gemini-2.5-pro'), [
    { ...made, extra_content },
    { ...made, id: 'c2' },
  ]);
  t.same(back('gemini-3-flash'), [
    { ...made, extra_content },
    { ...made, id: 'c2' },
  ]);
  t.same(back('gpt-5-mini'), [made, { ...made, id: 'c2' }], 'nobody else knows it');
  const skip = { google: { thought_signature: 'skip_thought_signature_validator' } };
  t.same(back('gemini-3-flash', [call('a'), call('b')]), [
    { ...toolCall('a'), extra_content: skip },
    toolCall('b'),
  ]);
  t.same(back('gemini-2.5-pro', [call('a')]), [toolCall('a')]);
});

t.test('reasoning of others, broken reasoning and reasoning that led to nothing are left out', async (t) => {
  const thought = { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'hm' }] };
  const said = { role: 'assistant', content: 'so' };
  t.same(messages([thought, said]), [said]);
  t.same(messages([{ ...thought, encrypted_content: 'gAAAAABpPDIU' }, said]), [said]);
  t.same(
    messages([
      { ...thought, encrypted_content: '~apipod.!!' },
      { role: 'user', content: 'x' },
    ]),
    [{ role: 'user', content: 'x' }],
  );
  t.same(messages([{ ...thought, encrypted_content: '~apipod.!!' }, said]), [
    { ...said, reasoning_content: 'hm' },
  ]);
  const content = [{ type: 'reasoning_text', text: 'aloud' }];
  t.same(messages([{ ...thought, summary: [], content, encrypted_content: '~apipod.' }, said]), [
    { ...said, reasoning_content: 'aloud' },
  ]);
});

// Who spoke when: system prompts, turns that alternate, and tool results that stand behind their calls.
import t from 'tap';
import { refused, translate, turns } from './fixtures/translate.ts';

const user = (content: unknown) => ({ role: 'user', content });
const assistant = (content: unknown) => ({ role: 'assistant', content });
const system = (content: unknown, role = 'system') => ({ role, content });
const calls = (...ids: readonly string[]) => ({
  role: 'assistant',
  content: null,
  tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } })),
});
const result = (tool_call_id: string, content: unknown = `r-${tool_call_id}`) => ({
  role: 'tool',
  tool_call_id,
  content,
});

/** The blocks of each turn: what they are and, of calls and results, which call they belong to. */
const shape = (messages: readonly unknown[]): string[] =>
  translate({ messages }).messages.map(
    ({ role, content }) =>
      `${role}: ${content.map(({ type, id, tool_use_id }) => [type, id ?? tool_use_id].filter(Boolean).join(' ')).join(', ')}`,
  );

t.test('system and developer messages at the beginning are the system prompt', async (t) => {
  const request = translate({
    messages: [
      system('One'),
      system([
        { type: 'text', text: 'Two', cache_control: { type: 'ephemeral' } },
        { type: 'text', text: ' ' },
      ]),
      system('Three', 'developer'),
      user('Hi'),
    ],
  });
  t.same(request.system, [
    { type: 'text', text: 'One' },
    { type: 'text', text: 'Two', cache_control: { type: 'ephemeral' } },
    { type: 'text', text: 'Three' },
  ]);
  t.same(request.messages, [{ role: 'user', content: [{ type: 'text', text: 'Hi' }] }]);
});

t.test('later ones stay where they are, as marked texts of the user', async (t) => {
  t.same(turns([user('a'), assistant('b'), system('c', 'developer'), user('d'), assistant('e')]), [
    'user: a',
    'assistant: b',
    'user: <system>\nc\n</system>, d',
    'assistant: e',
  ]);
});

t.test('neighbours of the same role become one turn', async (t) => {
  t.same(turns([user('a'), user('b'), assistant('c'), assistant('d'), user('e')]), [
    'user: a, b',
    'assistant: c, d',
    'user: e',
  ]);
});

t.test('the user comes first', async (t) => {
  t.same(turns([assistant('a'), user('b')]), ['user: (The conversation begins.)', 'assistant: a', 'user: b']);
  t.same(turns([system('a')]), ['user: (The conversation begins.)']);
  t.same(turns([user(''), assistant('a')]), ['user: (The conversation begins.)', 'assistant: a']);
});

t.test('nothing said at all is refused', async (t) => {
  for (const messages of [[], [user('')], [user([])], [{ role: 'assistant' }], undefined, null]) {
    t.equal(refused({ messages }), 'messages');
  }
});

t.test('blank texts are left out, and white space before the text that is to be continued', async (t) => {
  t.same(
    turns([
      user([
        { type: 'text', text: '' },
        { type: 'text', text: 'a ' },
      ]),
      assistant(' \n'),
      user('b'),
    ]),
    ['user: a , b'],
  );
  t.same(turns([user('a'), assistant('b \n')]), ['user: a', 'assistant: b']);
  t.same(turns([user('a'), assistant('b '), user('c')])[1], 'assistant: b ', 'elsewhere it stays');
});

t.test('results stand behind their calls, in the order of the calls', async (t) => {
  const wanted = ['user: text', 'assistant: tool_use a, tool_use b', 'user: tool_result a, tool_result b'];
  t.same(shape([user('x'), calls('a', 'b'), result('a'), result('b')]), wanted);
  t.same(shape([user('x'), calls('a', 'b'), result('b'), result('a')]), wanted, 'out of order');
  t.same(shape([user('x'), calls('a'), calls('b'), result('b'), result('a')]), wanted, 'of two messages');
});

t.test('what the user says meanwhile comes after them', async (t) => {
  const wanted = [
    'user: text',
    'assistant: tool_use a, tool_use b',
    'user: tool_result a, tool_result b, text',
  ];
  t.same(shape([user('x'), calls('a', 'b'), result('a'), user('y'), result('b')]), wanted);
  t.same(shape([user('x'), calls('a', 'b'), user('y'), result('b'), result('a')]), wanted);
  t.same(shape([user('x'), calls('a', 'b'), system('y'), result('b'), result('a')]), wanted);
});

t.test('a result that comes after the next answer', async (t) => {
  t.same(shape([user('x'), calls('a'), user('y'), assistant('z'), result('a')]), [
    'user: text',
    'assistant: tool_use a',
    'user: tool_result a, text',
    'assistant: text',
    'user: text',
  ]);
});

t.test('calls one after the other are turns of their own', async (t) => {
  t.same(shape([user('x'), calls('a'), result('a'), calls('b'), result('b'), assistant('z')]), [
    'user: text',
    'assistant: tool_use a',
    'user: tool_result a',
    'assistant: tool_use b',
    'user: tool_result b',
    'assistant: text',
  ]);
});

t.test('a call without a result gets one that says so', async (t) => {
  const missing = { type: 'tool_result', tool_use_id: 'b', is_error: true };
  const { messages } = translate({ messages: [user('x'), calls('a', 'b'), result('a'), user('y')] });
  t.match(messages[2]!.content[1], missing);
  const atEnd = translate({ messages: [user('x'), calls('b')] }).messages;
  t.match(atEnd[2], { role: 'user', content: [missing] }, 'also at the end');
  const between = translate({
    messages: [user('x'), calls('b'), user('y'), calls('c'), result('c')],
  }).messages;
  t.match(between[2]!.content, [missing, { type: 'text', text: 'y' }]);
});

t.test('a result without a call is refused', async (t) => {
  t.equal(refused({ messages: [user('x'), result('a')] }), 'messages[1].tool_call_id');
  t.equal(refused({ messages: [user('x'), result('a'), calls('a')] }), 'messages[1].tool_call_id');
  t.equal(
    refused({ messages: [user('x'), calls('a'), { role: 'tool', content: 'x' }] }),
    'messages[2].tool_call_id',
  );
});

t.test('of two results for one call the last one counts', async (t) => {
  const { messages } = translate({ messages: [user('x'), calls('a'), result('a', '1'), result('a', '2')] });
  t.same(messages[2]!.content, [
    { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: '2' }] },
  ]);
});

t.test('ids are spelled as Anthropic wants them, and told apart', async (t) => {
  t.same(
    shape([
      user('x'),
      calls('a.b', 'a:b', 'a_b', ''),
      result('a_b'),
      result('a:b'),
      result('a.b'),
      result(''),
    ]),
    [
      'user: text',
      'assistant: tool_use a_b, tool_use a_b_2, tool_use a_b_3, tool_use call',
      'user: tool_result a_b, tool_result a_b_2, tool_result a_b_3, tool_result call',
    ],
  );
  const again = shape([
    user('x'),
    calls('a'),
    result('a'),
    calls('a'),
    result('a'),
    calls('a_2'),
    result('a_2'),
  ]);
  t.same(
    again.slice(3),
    [
      'assistant: tool_use a_2',
      'user: tool_result a_2',
      'assistant: tool_use a_2_2',
      'user: tool_result a_2_2',
    ],
    'also where a client uses one again',
  );
});

t.test('content of results', async (t) => {
  const of = (content: unknown) =>
    translate({ messages: [user('x'), calls('a'), result('a', content)] }).messages[2];
  const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } };
  t.match(of([{ type: 'text', text: 'see' }, image])!.content[0], {
    content: [{ type: 'text', text: 'see' }, { type: 'image' }],
  });
  for (const empty of ['', null, []]) {
    t.same(of(empty)!.content, [{ type: 'tool_result', tool_use_id: 'a' }]);
  }
  t.equal(
    refused({ messages: [user('x'), calls('a'), result('a', [{ type: 'tool_use', id: 'b', name: 'f' }])] }),
    'messages[2].content',
  );
});

t.test('roles that are unknown, or of times gone by, are refused', async (t) => {
  for (const role of ['function', 'model', 'constructor', '', undefined, 7]) {
    t.equal(refused({ messages: [{ role, content: 'x', name: 'f' }] }), 'messages[0].role', String(role));
  }
  t.equal(refused({ messages: {} }), 'messages');
  t.equal(refused({ messages: [null] }), 'messages[0]');
  t.equal(refused({ messages: [user(7)] }), 'messages[0].content');
});

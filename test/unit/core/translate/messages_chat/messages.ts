// A conversation in Anthropic's words becomes one that OpenAI takes.
import t from 'tap';
import { conversation, matchEach, refused, translate } from './fixtures/translate.ts';

const use = (id: string, input: unknown = {}) => ({ type: 'tool_use', id, name: 'read', input });
const result = (id: string, content: unknown, more = {}) => ({
  type: 'tool_result',
  tool_use_id: id,
  content,
  ...more,
});
const user = (...content: unknown[]) => ({ role: 'user', content });
const assistant = (...content: unknown[]) => ({ role: 'assistant', content });
const text = (value: string) => ({ type: 'text', text: value });
const PNG = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } };
const IMAGE = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } };
const PDF = { type: 'base64', media_type: 'application/pdf', data: 'JVBE' };

t.test('the system prompt is the first message', async (t) => {
  const system = (value: unknown) => translate({ system: value }).messages[0];
  t.same(system('Be brief.'), { role: 'system', content: 'Be brief.' });
  t.same(
    system([
      { ...text('x-anthropic-billing-header: cc_version=2.1; cch=0f3a1;') },
      { ...text('One'), cache_control: { type: 'ephemeral' } },
      text('Two'),
    ]),
    { role: 'system', content: 'One\n\nTwo' },
  );
  for (const nothing of ['', [], null]) t.equal(system(nothing)!.role, 'user');
  t.equal(refused({ system: [PNG] }), 'system[0].type');
});

t.test('a system message in between stays there', async (t) => {
  t.same(conversation([user(text('a')), { role: 'system', content: 'b' }, user(text('c'))]), [
    { role: 'user', content: 'a' },
    { role: 'system', content: 'b' },
    { role: 'user', content: 'c' },
  ]);
});

t.test('messages of one role are one', async (t) => {
  t.same(
    conversation([
      user(text('a')),
      { role: 'user', content: 'b' },
      assistant(text('c')),
      assistant(text('d')),
    ]),
    [
      { role: 'user', content: [text('a'), text('b')] },
      { role: 'assistant', content: 'cd' },
    ],
  );
});

t.test('what a user may show', async (t) => {
  const shown = (...blocks: unknown[]) => conversation([user(...blocks)])[0]?.content;
  t.same(shown(text('a'), PNG), [text('a'), IMAGE]);
  t.same(shown({ type: 'image', source: { type: 'url', url: 'https://x/a.png' } }), [
    { type: 'image_url', image_url: { url: 'https://x/a.png' } },
  ]);
  t.same(shown({ type: 'document', source: PDF, title: 'a.pdf' }), [
    { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBE' } },
  ]);
  matchEach(t, shown({ type: 'document', source: PDF, context: 'Old' }), [
    text('Old'),
    { file: { filename: 'document.pdf' } },
  ]);
  const plain = { type: 'text', media_type: 'text/plain', data: 'Words' };
  t.equal(shown({ type: 'document', source: plain, title: 'T', context: 'C' }), 'T\n\nC\n\nWords');
  t.same(shown({ type: 'document', source: { type: 'content', content: [text('a'), PNG] }, title: 'T' }), [
    text('T'),
    text('a'),
    IMAGE,
  ]);
  const found = { type: 'search_result', title: 'T', source: 'https://x', content: [text('a'), text('b')] };
  t.equal(shown(found), 'T\n\nhttps://x\n\na\n\nb');
  t.equal(shown({ type: 'compaction', content: 'So far' }), 'So far');
  t.equal(shown(text(''), text('a')), 'a', 'blocks without text are left out');
});

t.test('a message without anything is none', async (t) => {
  const signed = { type: 'thinking', thinking: 'x', signature: 'EqQB' };
  t.same(conversation([user(text('a')), assistant(signed), user(text(''))]), [
    { role: 'user', content: 'a' },
  ]);
});

t.test('what an assistant may have said', async (t) => {
  const said = (...blocks: unknown[]) => conversation([user(text('a')), assistant(...blocks)])[1];
  t.same(said({ type: 'compaction', content: 'So far. ' }, text('Go'), text(' on')), {
    role: 'assistant',
    content: 'So far. Go on',
  });
  t.same(said({ type: 'compaction', content: null }, text('x')), { role: 'assistant', content: 'x' });
  const called = conversation([user(text('a')), assistant(use('c')), user(result('c', 'x'))])[1];
  t.equal(called!.content, null, 'calls alone');
  const empty = conversation([user(text('a'), { type: 'compaction', content: null })]);
  t.same(empty, [{ role: 'user', content: 'a' }]);
});

t.test('a refusal says why', async (t) => {
  const messages = [user({ type: 'container_upload', file_id: 'f' })];
  t.throws(() => conversation(messages), { message: /containers/ });
});

t.test('calls and their results', async (t) => {
  const messages = [
    user(text('Go')),
    assistant(text('I read.'), use('c1', { n: 1 }), use('c2')),
    user(text('And?'), result('c2', [text('two'), text('more')]), result('c1', 'one')),
  ];
  const call = (id: string, args: string) => ({
    id,
    type: 'function',
    function: { name: 'read', arguments: args },
  });
  t.same(conversation(messages), [
    { role: 'user', content: 'Go' },
    { role: 'assistant', content: 'I read.', tool_calls: [call('c1', '{"n":1}'), call('c2', '{}')] },
    { role: 'tool', tool_call_id: 'c1', content: 'one' },
    { role: 'tool', tool_call_id: 'c2', content: 'two\n\nmore' },
    { role: 'user', content: 'And?' },
  ]);
});

const resultOf = (...args: Parameters<typeof result>) =>
  conversation([user(text('Go')), assistant(use(args[0])), user(result(...args))]).slice(2);

t.test('what a result may be', async (t) => {
  t.same(resultOf('c', undefined), [{ role: 'tool', tool_call_id: 'c', content: '' }]);
  t.equal(resultOf('c', 'Bad', { is_error: true })[0]?.content, 'Error: Bad');
  t.equal(resultOf('c', 'Good', { is_error: false })[0]?.content, 'Good');
  t.equal(
    resultOf('c', [{ type: 'tool_reference', tool_name: 'write' }])[0]?.content,
    'The tool write is there.',
  );
});

t.test('images of a result follow in a message of the user', async (t) => {
  const label = text('From the result of the tool call c:');
  t.same(resultOf('c', [text('See'), PNG]), [
    { role: 'tool', tool_call_id: 'c', content: 'See' },
    { role: 'user', content: [label, IMAGE] },
  ]);
  matchEach(t, resultOf('c', [PNG, { type: 'document', source: PDF }]), [
    { content: 'The result is in the next message of the user.' },
    { content: [label, IMAGE, { type: 'file' }] },
  ]);
  const messages = [
    user(text('Go')),
    assistant(use('c'), use('d')),
    user(result('c', [PNG]), result('d', 'x'), text('So?')),
  ];
  matchEach(t, conversation(messages).slice(2), [
    { role: 'tool', tool_call_id: 'c' },
    { role: 'tool', tool_call_id: 'd' },
    { role: 'user', content: [label, IMAGE, text('So?')] },
  ]);
});

t.test("tools of Anthropic's own are left out of the history", async (t) => {
  const searched = [
    { type: 'server_tool_use', id: 's', name: 'web_search', input: {} },
    { type: 'web_search_tool_result', tool_use_id: 's', content: [] },
  ];
  matchEach(t, conversation([user(text('a')), assistant(...searched, text('It is so.'))]), [
    {},
    { role: 'assistant', content: 'It is so.', tool_calls: undefined },
  ]);
});

const GO = user(text('Go'));
const wrong: [what: string, messages: unknown, field: string][] = [
  [
    'a call without a result, long ago',
    [GO, assistant(use('c')), user(text('a')), assistant(text('b'))],
    'messages[1].content[0].id',
  ],
  ['no messages', undefined, 'messages'],
  ['a message that is none', [1], 'messages[0]'],
  ['another role', [{ role: 'tool', content: 'x' }], 'messages[0].role'],
  ['no content', [{ role: 'user' }], 'messages[0].content'],
  ['a block that is none', [user(1)], 'messages[0].content[0]'],
  ['a block without a type', [user({})], 'messages[0].content[0].type'],
  ['an unknown block', [GO, assistant(text('a'), { type: 'hologram' })], 'messages[1].content[1].type'],
  ['a type that every object has', [user({ type: 'constructor' })], 'messages[0].content[0].type'],
  ['a call by the user', [user(use('c'))], 'messages[0].content[0].type'],
  ['a result by the assistant', [GO, assistant(result('c', 'x'))], 'messages[1].content[0].type'],
  ['an upload', [user({ type: 'container_upload', file_id: 'f' })], 'messages[0].content[0].type'],
  ['text that is none', [user({ type: 'text', text: 1 })], 'messages[0].content[0].text'],
  ['a result without a call', [user(result('c', 'x'))], 'messages[0].content[0].tool_use_id'],
  [
    'a result of an older call',
    [GO, assistant(use('c')), user(result('c', 'x')), assistant(text('a')), user(result('c', 'x'))],
    'messages[4].content[0].tool_use_id',
  ],
  [
    'two results of one call',
    [GO, assistant(use('c')), user(result('c', 'x'), result('c', 'y'))],
    'messages[2].content[1].tool_use_id',
  ],
  [
    'a call without a result',
    [GO, assistant(use('c'), use('d')), user(result('c', 'x'))],
    'messages[1].content[1].id',
  ],
  ['a call at the end', [GO, assistant(use('c'))], 'messages[1].content[0].id'],
  [
    'two calls of one id',
    [GO, assistant(use('c'), use('c')), user(result('c', 'x'))],
    'messages[1].content[1].id',
  ],
  [
    'an image by file',
    [user({ type: 'image', source: { type: 'file', file_id: 'f' } })],
    'messages[0].content[0].source.type',
  ],
  [
    'a document by URL',
    [user({ type: 'document', source: { type: 'url', url: 'https://x' } })],
    'messages[0].content[0].source.type',
  ],
  [
    'an unknown block in a result',
    [GO, assistant(use('c')), user(result('c', [{ type: 'x' }]))],
    'messages[2].content[0].content[0].type',
  ],
];
for (const [what, messages, field] of wrong) {
  t.test(`refuses ${what}`, async (t) => {
    t.equal(refused({ messages }), field);
  });
}

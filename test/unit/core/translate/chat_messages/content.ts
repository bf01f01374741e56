// The parts of messages: texts, images, files, calls, and where the marks for the cache go.
import t from 'tap';
import { refused, translate } from './fixtures/translate.ts';

const blocks = (...content: readonly unknown[]) =>
  translate({ messages: [{ role: 'user', content }] }).messages[0]!.content;
const refusedPart = (part: unknown) => refused({ messages: [{ role: 'user', content: [part] }] });
const image = (url: unknown) => ({ type: 'image_url', image_url: { url, detail: 'high' } });
const file = (of: object) => ({ type: 'file', file: of });

t.test('images', async (t) => {
  for (const type of ['image/jpeg', 'image/png', 'image/gif', 'image/webp']) {
    t.same(blocks(image(`data:${type};base64,AAEC`)), [
      { type: 'image', source: { type: 'base64', media_type: type, data: 'AAEC' } },
    ]);
  }
  t.match(blocks(image('data:image/JPG;charset=x;base64,AAEC')), [{ source: { media_type: 'image/jpeg' } }]);
  for (const url of ['https://example.com/a.png', 'http://example.com/a']) {
    t.same(blocks(image(url)), [{ type: 'image', source: { type: 'url', url } }]);
  }
});

t.test('images of a kind that it does not take are refused by name', async (t) => {
  const path = 'messages[0].content[0].image_url';
  for (const url of [
    'data:image/svg+xml;base64,AA',
    'data:image/png,AA',
    'data:;base64,AA',
    'file:///a.png',
    '',
    7,
  ]) {
    t.equal(refusedPart(image(url)), `${path}.url`, String(url));
  }
  t.equal(refusedPart({ type: 'image_url', image_url: 'data:image/bmp;base64,AA' }), path);
  t.equal(refusedPart({ type: 'image_url' }), path);
});

t.test('files', async (t) => {
  const source = { type: 'base64', media_type: 'application/pdf', data: 'AAEC' };
  t.same(blocks(file({ filename: 'a.pdf', file_data: 'data:application/pdf;base64,AAEC' })), [
    { type: 'document', source, title: 'a.pdf' },
  ]);
  t.same(blocks(file({ file_data: 'AAEC' })), [{ type: 'document', source }], 'without the prefix');
  const path = 'messages[0].content[0].file';
  t.equal(refusedPart(file({ file_data: 'data:text/plain;base64,AAEC' })), `${path}.file_data`);
  t.equal(refusedPart(file({ file_data: 'data:nothing' })), `${path}.file_data`);
  t.equal(refusedPart(file({})), `${path}.file_data`);
  t.equal(refusedPart(file({ file_id: 'file-1' })), `${path}.file_id`);
  t.equal(refusedPart({ type: 'file' }), path);
  t.equal(refusedPart({ type: 'input_file', file_url: 'file:///x' }), 'messages[0].content[0].file_url');
});

t.test('other parts are refused by name', async (t) => {
  t.equal(
    refusedPart({ type: 'input_audio', input_audio: { data: 'AA', format: 'wav' } }),
    'messages[0].content[0].input_audio',
  );
  t.equal(refusedPart({ type: 'video_url', video_url: {} }), 'messages[0].content[0].type');
  t.equal(refusedPart({}), 'messages[0].content[0].type');
  t.equal(refusedPart(null), 'messages[0].content[0]');
  t.equal(refusedPart({ type: 'text' }), 'messages[0].content[0].text');
  t.equal(refusedPart({ type: 'tool_use', id: 'a', name: 'f', input: {} }), 'messages[0].content');
  t.equal(
    refused({ messages: [{ role: 'system', content: [image('https://example.com/a.png')] }] }),
    'messages[0].content',
  );
});

t.test('refusals of the assistant are texts', async (t) => {
  const said = { role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }], refusal: 'Never.' };
  t.same(translate({ messages: [{ role: 'user', content: 'x' }, said] }).messages[1]!.content, [
    { type: 'text', text: 'No.' },
    { type: 'text', text: 'Never.' },
  ]);
});

t.test('arguments of calls', async (t) => {
  const input = (args: unknown) => {
    const call = { id: 'a', type: 'function', function: { name: 'f', arguments: args } };
    const messages = [
      { role: 'user', content: 'x' },
      { role: 'assistant', tool_calls: [call] },
    ];
    return translate({ messages }).messages[1]!.content[0]!.input;
  };
  t.same(input('{"a":[1]}'), { a: [1] });
  t.same(input({ a: 1 }), { a: 1 });
  for (const none of ['', ' ', '{}', null, undefined]) t.same(input(none), {}, String(none));
  t.same(input('{"a":'), { arguments: '{"a":' }, 'what is not JSON is still shown');
  t.same(input('[1]'), { arguments: [1] });
  t.same(input('null'), { arguments: null });
  const bad = (call: unknown) =>
    refused({
      messages: [
        { role: 'user', content: 'x' },
        { role: 'assistant', tool_calls: [call] },
      ],
    });
  t.equal(bad({ function: { name: 'f' } }), 'messages[1].tool_calls[0].id');
  t.equal(bad({ id: 'a', function: {} }), 'messages[1].tool_calls[0].function.name');
  t.equal(bad({ id: 'a', type: 'custom', custom: {} }), 'messages[1].tool_calls[0].function');
});

t.test('marks for the cache', async (t) => {
  const cache_control = { type: 'ephemeral', ttl: '1h' };
  t.same(blocks({ type: 'text', text: 'a', cache_control }, { ...image('https://e.com/a'), cache_control }), [
    { type: 'text', text: 'a', cache_control },
    { type: 'image', source: { type: 'url', url: 'https://e.com/a' }, cache_control },
  ]);
  const call = { id: 'a', type: 'function', function: { name: 'f', arguments: '' } };
  const request = translate({
    messages: [
      { role: 'system', content: 's', cache_control },
      { role: 'user', content: 'u', cache_control },
      { role: 'assistant', content: 'a', tool_calls: [call], cache_control },
      { role: 'tool', tool_call_id: 'a', content: 'r', cache_control },
    ],
  });
  t.same(request.system, [{ type: 'text', text: 's', cache_control }]);
  t.same(request.messages, [
    { role: 'user', content: [{ type: 'text', text: 'u', cache_control }] },
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'a' },
        { type: 'tool_use', id: 'a', name: 'f', input: {}, cache_control },
      ],
    },
    {
      role: 'user',
      content: [
        { type: 'tool_result', tool_use_id: 'a', content: [{ type: 'text', text: 'r' }], cache_control },
      ],
    },
  ]);
});

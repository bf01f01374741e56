// What of a request counts as its prompt: the values that the model reads and not the protocol's words, tools as JSON,
// images by their size. Texts are counted by their length here.
import t from 'tap';
import { familyOf } from '../../../../src/core/tokenizer/family.ts';
import { BINARY_TOKENS, imageSize, imageTokens } from '../../../../src/core/tokenizer/image.ts';
import { countPrompt } from '../../../../src/core/tokenizer/prompt.ts';

const GPT = familyOf('gpt-5-mini');
const CLAUDE = familyOf('claude-sonnet-4-5-thinking');

/** What is read, and the tokens besides. */
function read(body: object, family = GPT) {
  let text = '';
  const tokens = countPrompt(body as Record<string, unknown>, family, (read) => {
    text = read;
    return 0;
  });
  return { texts: text === '' ? [] : text.split('\n'), tokens };
}

const png = (width: number, height: number): Buffer => {
  const head = Buffer.alloc(64);
  Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').copy(head);
  head.writeUInt32BE(width, 16);
  head.writeUInt32BE(height, 20);
  return head;
};

t.test('chat completions', async (t) => {
  const tools = [{ type: 'function', function: { name: 'find', parameters: {} } }];
  const { texts, tokens } = read({
    model: 'auto',
    user: 'someone',
    messages: [
      { role: 'system', content: 'be kind' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'hello' },
          { type: 'image_url', image_url: { url: 'https://x/y.png' } },
        ],
      },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'find', arguments: '{}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'found' },
    ],
    tools,
  });
  t.same(texts, ['be kind', 'hello', 'find', '{}', 'found', JSON.stringify(tools)]);
  t.equal(tokens, 4 * 4 + 3 + BINARY_TOKENS);
});

t.test('messages', async (t) => {
  const data = png(750, 100).toString('base64');
  const tools = [{ name: 'find', input_schema: { type: 'object' } }];
  const { texts, tokens } = read(
    {
      model: 'auto',
      system: [{ type: 'text', text: 'be kind', cache_control: { type: 'ephemeral' } }],
      messages: [
        {
          role: 'user',
          content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data } }],
        },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'well', signature: 'sig' },
            { type: 'tool_use', id: 't', name: 'find', input: { type: 'x' } },
          ],
        },
        {
          role: 'user',
          content: [{ type: 'tool_result', tool_use_id: 't', content: [{ type: 'text', text: 'found' }] }],
        },
      ],
      tools,
    },
    CLAUDE,
  );
  t.same(texts, ['be kind', 'well', 'find', '{"type":"x"}', 'found', JSON.stringify(tools)]);
  t.equal(tokens, 3 * CLAUDE.messageTokens + 3 + CLAUDE.toolsTokens + 100);
});

t.test('responses', async (t) => {
  t.same(read({ instructions: 'be kind', input: 'hello' }), { texts: ['be kind', 'hello'], tokens: 0 });
  const { texts } = read({
    input: [
      { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'hello' }] },
      { type: 'function_call', call_id: 'c', name: 'find', arguments: '{}' },
      { type: 'function_call_output', call_id: 'c', output: 'found' },
    ],
  });
  t.same(texts, ['hello', 'find', '{}', 'found']);
});

t.test('embeddings', async (t) => {
  t.same(read({ input: ['a', 'b'] }), { texts: ['a', 'b'], tokens: 0 });
  t.equal(read({ input: [1, 2, 3] }).tokens, 3, 'tokens already');
});

t.test('what is not of the expected form', async (t) => {
  for (const body of [
    {},
    { messages: null, tools: null },
    { messages: [null, 7, 'x', { content: { deep: ['y'] } }] },
  ]) {
    t.type(read(body).tokens, 'number');
  }
  const { tokens } = read({
    input: [{ type: 'input_image', image_url: 'data:image/png;base64,AAAA' }, { image_url: null }],
  });
  t.equal(tokens, 2 * 4 + 3 + 2 * BINARY_TOKENS);
});

t.test('sizes of images', async (t) => {
  const gif = Buffer.alloc(40);
  gif.write('GIF89a');
  gif.writeUInt16LE(320, 6);
  gif.writeUInt16LE(200, 8);
  t.same(imageSize(gif), { width: 320, height: 200 });

  const webp = (format: string, fill: (head: Buffer) => void) => {
    const head = Buffer.alloc(40);
    head.write('RIFF');
    head.write('WEBP', 8);
    head.write(format, 12);
    fill(head);
    return imageSize(head);
  };
  t.same(
    webp('VP8X', (head) => {
      head.writeUIntLE(319, 24, 3);
      head.writeUIntLE(199, 27, 3);
    }),
    { width: 320, height: 200 },
  );
  t.same(
    webp('VP8 ', (head) => {
      head.writeUInt16LE(320, 26);
      head.writeUInt16LE(200, 28);
    }),
    { width: 320, height: 200 },
  );
  t.same(
    webp('VP8L', (head) => void head.writeUInt32LE(319 | (199 << 14), 21)),
    { width: 320, height: 200 },
  );
  t.equal(
    webp('????', () => {}),
    undefined,
  );

  const frame = Buffer.from('ffc20011080140020003012200021101031101', 'hex');
  const jpeg = Buffer.concat([
    Buffer.from('ffd8ffe10102', 'hex'),
    Buffer.alloc(256),
    Buffer.from('ffff', 'hex').subarray(1),
    frame,
  ]);
  t.same(imageSize(jpeg), { width: 512, height: 320 }, 'behind what the camera wrote');
  t.equal(imageSize(jpeg.subarray(0, 200)), undefined);
  t.equal(imageSize(png(0, 5)), undefined);
  t.equal(imageSize(Buffer.alloc(10)), undefined);
});

t.test('tokens of images', async (t) => {
  const tokens = (width: number, height: number) => imageTokens(png(width, height).toString('base64'));
  t.equal(tokens(1_000, 750), 1_000);
  t.equal(tokens(1, 1), 1);
  t.equal(tokens(4_000, 4_000), 1_600, 'scaled down');
  t.equal(tokens(3_136, 750), Math.ceil((1_568 * 375) / 750), 'by its longer side');
  t.equal(imageTokens('no image'), BINARY_TOKENS);
});

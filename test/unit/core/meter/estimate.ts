// The input tokens of a request by the length of its strings: text counts by its bytes, files and images as such, names
// of members not at all.
import t from 'tap';
import { readRequest } from '../../../../src/core/json/request.ts';
import { PromptEstimate } from '../../../../src/core/meter/estimate.ts';

function tokensOf(request: object): number {
  const estimate = new PromptEstimate();
  readRequest(Buffer.from(JSON.stringify(request)), 16, estimate);
  return estimate.tokens;
}

const TEXT = 'some words and a "quote" '.repeat(400);
const FILE = 'data:image/png;base64,'.padEnd(100_000, 'A');

t.test('text, four bytes a token', async (t) => {
  t.equal(tokensOf({ model: '' }), 0);
  t.equal(tokensOf({ model: 'gpt4' }), 1);
  t.equal(tokensOf({ model: 'gpt4', user: '12345' }), 3);
  const escaped = JSON.stringify(TEXT).length - 2;
  t.equal(tokensOf({ model: '', messages: [{ content: [{ text: TEXT }] }] }), Math.ceil(escaped / 4));
});

t.test('names of members are none', async (t) => {
  t.equal(
    tokensOf({ model: 'gpt4', 'a-rather-long-name-of-a-member': { 'and-another': [1, true, null] } }),
    1,
  );
});

t.test('options and strings in lists are', async (t) => {
  t.equal(tokensOf({ model: '', stream_options: { style: 'abcd' }, stop: ['efgh', 'ijkl'] }), 3);
});

t.test('a file counts as a file, whatever its length', async (t) => {
  t.equal(tokensOf({ model: '', input: FILE }), 1_000);
  t.equal(tokensOf({ model: 'gpt4', input: [FILE, FILE.slice(0, 5_000)] }), 2_001);
  t.equal(tokensOf({ model: '', input: `a ${FILE}` }), Math.ceil((FILE.length + 2) / 4), 'text, as it seems');
  t.equal(tokensOf({ model: '', input: FILE.slice(0, 4_000) }), 1_000, 'short, so text: four bytes a token');
});

t.test('a body of many files without a space in it is searched once, not once for each', async (t) => {
  const { indexOf } = Buffer.prototype;
  let searched = 0;
  t.teardown(() => {
    Buffer.prototype.indexOf = indexOf;
  });
  Buffer.prototype.indexOf = function counted(this: Buffer, ...args: Parameters<Buffer['indexOf']>) {
    searched += this.length - (typeof args[1] === 'number' ? args[1] : 0);
    return indexOf.apply(this, args);
  } as Buffer['indexOf'];
  const body = Buffer.from(JSON.stringify(Array.from({ length: 200 }, () => 'x'.repeat(5_000))));
  const estimate = new PromptEstimate();
  for (let i = 0; i < 200; i++) estimate.visit(body, 2 + i * 5_003, 5_002 + i * 5_003);
  t.equal(estimate.tokens, 200_000);
  t.ok(searched <= body.length, `${searched} bytes`);
});

// The tokenizer's thread: what it counts, its bounds, and what becomes of jobs when it dies, hangs or is stopped.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { Tokenizer, type TokenizerOptions } from '../../../../src/core/tokenizer/tokenizer.ts';
import { poll } from '../../../fixtures/poll.ts';
import { silent } from '../../../fixtures/settings.ts';

const FAKE = new URL('../../../fixtures/tokenizer-thread.js', import.meta.url);
const TOKENIZER = new URL('../../../../src/core/tokenizer/tokenizer.js', import.meta.url);
const MODEL = 'gpt-5-mini';

function open(t: Test, options: Partial<TokenizerOptions> = {}): Tokenizer {
  const tokenizer = new Tokenizer({ log: silent, restartPauseMs: 0, ...options });
  t.teardown(() => tokenizer.stop(0));
  return tokenizer;
}

t.test('the real one', async (t) => {
  const tokenizer = open(t);
  t.notOk(tokenizer.loaded, 'nothing is loaded before it is needed');
  t.equal(await tokenizer.text(Buffer.from('The capital of France is Paris.'), MODEL), 7);
  t.ok(tokenizer.loaded);
  t.equal(await tokenizer.text(Buffer.from('a\\n\\"b\\" \\u4f60'), MODEL), 7, 'escapes are decoded');
  t.equal(await tokenizer.text(Buffer.from('<|endoftext|>'), MODEL), 7, 'control tokens are text');
  t.ok(
    (await tokenizer.text(Buffer.from('\\ud83d\\u'), MODEL))! > 0,
    'half a character is no reason to fail',
  );
  t.equal(await tokenizer.text(Buffer.alloc(0), MODEL), 0);

  const body = { model: MODEL, messages: [{ role: 'user', content: 'The capital of France is Paris.' }] };
  const tokens = await tokenizer.prompt(Buffer.from(JSON.stringify(body)), MODEL);
  t.equal(tokens, 7 + 4 + 3);
  t.ok((await tokenizer.prompt(Buffer.from(JSON.stringify(body)), 'claude-sonnet-4.5'))! > tokens!);
});

t.test('a megabyte of one letter takes no longer than any text', async (t) => {
  const tokenizer = open(t);
  for (const letter of ['a', ' ', '=', '\u4f60']) {
    const tokens = await tokenizer.text(Buffer.from(letter.repeat(1_000_000)), MODEL);
    t.ok(tokens! > 5_000 && tokens! <= 1_000_000, `${letter}: ${tokens}`);
  }
});

t.test('a job that breaks it is given up, and the next one finds another thread', async (t) => {
  for (const program of [undefined, FAKE]) {
    const tokenizer = open(t, { ...(program && { program }) });
    const broken = program
      ? tokenizer.text(Buffer.from('throw'), MODEL)
      : tokenizer.prompt(Buffer.from('{'), MODEL);
    t.equal(await broken, undefined);
    t.type(await tokenizer.text(Buffer.from('four'), MODEL), 'number');
  }
});

t.test('a thread that dies', async (t) => {
  const tokenizer = open(t, { program: FAKE });
  const texts = ['one', 'die', 'three'].map((text) => tokenizer.text(Buffer.from(text), MODEL));
  t.same(await Promise.all(texts), [3, undefined, undefined]);
  t.equal(await tokenizer.text(Buffer.from('four'), MODEL), 4);
});

t.test('after a death there is a pause, and estimates stand in meanwhile', async (t) => {
  const tokenizer = open(t, { program: FAKE, restartPauseMs: 60_000 });
  t.equal(await tokenizer.text(Buffer.from('die'), MODEL), undefined);
  t.equal(await tokenizer.text(Buffer.from('four'), MODEL), undefined);
  t.notOk(tokenizer.loaded);
});

t.test('a thread that hangs is replaced', async (t) => {
  const tokenizer = open(t, { program: FAKE, jobTimeoutMs: 1_000 });
  t.same(
    await Promise.all([tokenizer.text(Buffer.from('hang'), MODEL), tokenizer.text(Buffer.from('b'), MODEL)]),
    [undefined, undefined],
  );
  t.equal(await tokenizer.text(Buffer.from('four'), MODEL), 4);
});

t.test('no more than so many jobs and bytes wait', async (t) => {
  const tokenizer = open(t, { program: FAKE });
  t.equal(await tokenizer.text(Buffer.alloc(16_777_217), MODEL), undefined, 'too long for one job');
  const hanging = tokenizer.text(Buffer.from('hang'), MODEL);
  const waiting = Array.from({ length: 63 }, () => tokenizer.text(Buffer.from('x'), MODEL));
  t.equal(await tokenizer.text(Buffer.from('x'), MODEL), undefined, 'the queue is full');
  await tokenizer.stop(0);
  t.ok((await Promise.all([hanging, ...waiting])).every((tokens) => tokens === undefined));

  const large = open(t, { program: FAKE });
  const megabytes = Array.from({ length: 5 }, () => large.text(Buffer.alloc(16_000_000), MODEL));
  t.equal(await megabytes[4], undefined, 'too many bytes');
  t.same(await Promise.all(megabytes.slice(0, 4)), [16e6, 16e6, 16e6, 16e6]);
});

t.test('stopped, it finishes what waits and takes nothing more', async (t) => {
  const tokenizer = open(t, { program: FAKE });
  const waiting = tokenizer.text(Buffer.from('four'), MODEL);
  await tokenizer.stop(20_000);
  t.equal(await waiting, 4);
  t.equal(await tokenizer.text(Buffer.from('four'), MODEL), undefined);
  t.notOk(tokenizer.loaded);
});

t.test('with nothing to do it goes, and comes back when needed', async (t) => {
  const tokenizer = open(t, { program: FAKE, idleTimeoutMs: 10 });
  t.equal(await tokenizer.text(Buffer.from('four'), MODEL), 4);
  await poll('the end of the thread', () => !tokenizer.loaded || undefined);
  t.equal(await tokenizer.text(Buffer.from('four'), MODEL), 4);
});

t.test('it does not keep a process', async (t) => {
  const program = `
    const { Tokenizer } = await import(${JSON.stringify(TOKENIZER)});
    const tokenizer = new Tokenizer({ log: console });
    console.log(await tokenizer.text(Buffer.from('The capital of France is Paris.'), 'gpt'));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {},
  });
  t.teardown(() => child.kill('SIGKILL'));
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  const [code] = await once(child, 'close');
  t.same([code, out], [0, '7\n']);
});

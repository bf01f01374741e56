// Tool calls of a stream: which part belongs to which call, and what waits until the one before is complete.
import t from 'tap';
import type { JsonObject } from '../../../../../src/core/translate/translation.ts';
import { STREAMS } from './fixtures/streams.ts';
import { call, chunk, eventsOf, matchEach, open, outline, readBySdk } from './fixtures/translate.ts';

const contentOf = async (chunks: readonly JsonObject[]) => (await readBySdk(eventsOf(chunks))).content;

t.test('calls that come in turns go out one after the other', async (t) => {
  t.same(outline(eventsOf(STREAMS.interleaved)), [
    'message_start',
    'start 0 text',
    'delta 0 Both.',
    'stop 0',
    'start 1 tool_use',
    'delta 1 {"path"',
    'delta 1 :"}{"',
    'delta 1 }',
    'stop 1',
    'start 2 tool_use',
    'delta 2 {"dir":"/"}',
    'stop 2',
    'start 3 text',
    'delta 3 Done.',
    'stop 3',
    'message_delta tool_use',
    'message_stop',
  ]);
});

t.test('a call goes out as it comes when the one before is complete', async (t) => {
  const seen: JsonObject[] = [];
  const stream = open().answer.stream((event) => seen.push(event));
  stream.push(chunk(call(0, '{"a":"\\"}', { id: 'a', name: 'f' })));
  stream.push(chunk(call(1, '{', { id: 'b', name: 'f' })));
  t.equal(outline(seen).at(-1), 'delta 0 {"a":"\\"}', 'a brace in a string is not the end');
  stream.push(chunk(call(0, '"}')));
  t.same(outline(seen).slice(-3), ['stop 0', 'start 1 tool_use', 'delta 1 {']);
  stream.push(chunk(call(1, '}')));
  t.equal(outline(seen).at(-1), 'delta 1 }');
});

t.test('too much that waits is an error', async (t) => {
  const stream = open().answer.stream(() => {});
  stream.push(chunk(call(0, '{', { id: 'a', name: 'f' })));
  stream.push(chunk(call(1, '{"text":"', { id: 'b', name: 'f' })));
  const megabyte = 'x'.repeat(1024 * 1024);
  for (let i = 0; i < 3; i++) stream.push(chunk(call(1, megabyte)));
  t.throws(() => stream.push(chunk(call(1, megabyte))), { code: 'upstream_invalid', message: /4194304/ });
});

t.test('what waits counts whole, what does not wait does not count', async (t) => {
  const opaque = { reasoning_opaque: 'x'.repeat(4 * 1024 * 1024) };
  const push = (...deltas: JsonObject[]): void => {
    const stream = open().answer.stream(() => {});
    for (const delta of deltas) stream.push(chunk(delta));
  };
  const begin = call(0, '{', { id: 'a', name: 'f' });
  t.throws(() => push(begin, opaque), { code: 'upstream_invalid' });
  t.doesNotThrow(() => push(opaque, begin, call(1, '{', { id: 'b', name: 'f' })));
});

t.test('what has gone out does not count any more', async (t) => {
  const half = 'x'.repeat(1024 * 1024);
  const stream = open().answer.stream(() => {});
  for (let n = 0; n < 8; n += 2) {
    stream.push(chunk(call(n, '{', { id: `c${n}`, name: 'f' })));
    stream.push(chunk(call(n + 1, '{"t":"', { id: `c${n + 1}`, name: 'f' })));
    for (let i = 0; i < 2; i++) stream.push(chunk(call(n + 1, half)));
    stream.push(chunk(call(n, '}')));
    stream.push(chunk(call(n + 1, '"}')));
  }
  stream.push(chunk({ content: 'All closed.' }));
  for (let i = 0; i < 5; i++) stream.push(chunk(call(0, half)));
  t.doesNotThrow(() => stream.end());
});

t.test('a call that has not begun its arguments is not complete', async (t) => {
  const content = await contentOf([
    chunk(call(0, '', { id: 'a', name: 'f' })),
    chunk(call(1, '{}', { id: 'b', name: 'f' })),
    chunk(call(0, '{"n":1}')),
  ]);
  matchEach(t, content, [
    { id: 'a', input: { n: 1 } },
    { id: 'b', input: {} },
  ]);
});

t.test('text that waits behind two calls is one block', async (t) => {
  const events = eventsOf([
    chunk(call(0, '{', { id: 'a', name: 'f' })),
    chunk(call(1, '{', { id: 'b', name: 'f' })),
    chunk({ content: 'x' }),
    chunk({ content: 'y' }),
    chunk(call(0, '}')),
    chunk(call(1, '}')),
  ]);
  t.same(outline(events).slice(-5), [
    'start 2 text',
    'delta 2 xy',
    'stop 2',
    'message_delta tool_use',
    'message_stop',
  ]);
});

t.test('too many calls are an error', async (t) => {
  const stream = open().answer.stream(() => {});
  const begin = (n: number): void => stream.push(chunk(call(n, '{}', { id: `c${n}`, name: 'f' })));
  for (let n = 0; n < 1024; n++) begin(n);
  t.throws(() => begin(1024), { code: 'upstream_invalid' });
});

t.test('calls that are numbered alike are told apart by their ids', async (t) => {
  const content = await contentOf([
    chunk(call(0, '{"n":1}', { id: 'a', name: 'f' })),
    chunk(call(0, '{"n":2}', { id: 'b', name: 'f' })),
    chunk({}, 'tool_calls'),
  ]);
  matchEach(t, content, [
    { id: 'a', input: { n: 1 } },
    { id: 'b', input: { n: 2 } },
  ]);
});

t.test('a call that repeats its id and name is one', async (t) => {
  const same = { id: 'a', name: 'f' };
  matchEach(t, await contentOf([chunk(call(0, '{"n"', same)), chunk(call(0, ':1}', same))]), [
    { input: { n: 1 } },
  ]);
});

t.test('a call that tells its id in each part, but no number, is one', async (t) => {
  const part = (name: string | undefined, text: string): JsonObject =>
    chunk({ tool_calls: [{ id: 'a', function: { name, arguments: text } }] });
  matchEach(t, await contentOf([part('f', '{"n"'), part(undefined, ':1}')]), [{ id: 'a', input: { n: 1 } }]);
});

t.test('calls without a number are told apart by their ids', async (t) => {
  const part = (id: string, name: string, text: string): JsonObject =>
    chunk({ tool_calls: [{ id, function: { name, arguments: text } }] });
  const content = await contentOf([
    part('a', 'f', '{"n"'),
    part('b', 'g', '{"n"'),
    part('a', '', ':1}'),
    part('b', '', ':2}'),
  ]);
  matchEach(t, content, [
    { id: 'a', name: 'f', input: { n: 1 } },
    { id: 'b', name: 'g', input: { n: 2 } },
  ]);
});

t.test('what belongs to no call is left out', async (t) => {
  const stray = { tool_calls: [{ function: { arguments: '{}' } }] };
  matchEach(t, await contentOf([chunk(stray), chunk({ content: 'x' })]), [{ type: 'text' }]);
});

t.test('a call whose id comes before its name', async (t) => {
  const content = await contentOf([
    chunk({ tool_calls: [{ index: 0, id: 'a' }] }),
    chunk({ tool_calls: [{ index: 0, function: { name: 'f', arguments: '{}' } }] }),
  ]);
  matchEach(t, content, [{ id: 'a', name: 'f' }]);
});

t.test('ids are made where there is none, and where one comes twice', async (t) => {
  const whole = (id: string): JsonObject => ({ id, function: { name: 'f', arguments: '{}' } });
  const content = await contentOf([
    chunk({
      tool_calls: [
        { index: 0, ...whole('') },
        { index: 1, ...whole('x') },
        { index: 2, ...whole('x') },
      ],
    }),
  ]);
  matchEach(t, content, [{ id: 'toolu_0199ab_1' }, { id: 'x' }, { id: 'toolu_0199ab_3' }]);
});

t.test('a call without arguments', async (t) => {
  matchEach(t, await contentOf([chunk(call(0, '', { id: 'a', name: 'f' })), chunk({ content: 'x' })]), [
    { type: 'tool_use', input: {} },
    { type: 'text', text: 'x' },
  ]);
});

t.test('what stands behind complete arguments is left out once something else has begun', async (t) => {
  const content = await contentOf([
    chunk(call(0, '{"n":1}', { id: 'a', name: 'f' })),
    chunk({ content: 'x' }),
    chunk(call(0, '\n')),
  ]);
  matchEach(t, content, [{ input: { n: 1 } }, { text: 'x' }]);
});

t.test('function_call, of the time before there could be several', async (t) => {
  const message = await readBySdk(
    eventsOf([
      chunk({ function_call: { name: 'f', arguments: '' } }),
      chunk({ function_call: { arguments: '{"n":1}' } }),
      chunk({}, 'function_call'),
    ]),
  );
  t.match(message, { stop_reason: 'tool_use', content: [{ type: 'tool_use', name: 'f', input: { n: 1 } }] });
});

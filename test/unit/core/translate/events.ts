// A stream of server-sent events is taken apart alike, however its bytes are split.
import t from 'tap';
import { EventReader } from '../../../../src/core/translate/events.ts';

function read(chunks: readonly Buffer[], bytesMax = 1_000, ends = false): string[] {
  const events: string[] = [];
  const reader = new EventReader(bytesMax, (data) => events.push(data));
  for (const chunk of chunks) reader.push(chunk);
  if (ends) reader.end();
  return events;
}

const STREAM = Buffer.from(
  [
    ': a comment\n\n',
    'event: named\ndata: {"a":"ü\u{1f600}"}\n\n',
    'data:no blank\n\n',
    'data:  two blanks\r\n\r\n',
    'id: 7\nretry: 10\ndata: one\ndata: two\n\n',
    'data\n\n',
    'event: without data\n\n',
    'data: \n\n',
    'data: [DONE]\n\n',
    'data: never ends',
  ].join(''),
);
const EVENTS = ['{"a":"ü\u{1f600}"}', 'no blank', ' two blanks', 'one\ntwo', '', '[DONE]'];

t.test('in one piece, and split at every byte', async (t) => {
  t.same(read([STREAM]), EVENTS);
  for (let at = 1; at < STREAM.length; at++) {
    t.same(read([STREAM.subarray(0, at), STREAM.subarray(at)]), EVENTS, `split at ${at}`);
  }
  t.same(read(Array.from(STREAM, (_, i) => STREAM.subarray(i, i + 1))), EVENTS, 'byte by byte');
});

t.test('an event that is too long, be it many lines or one that does not end', async (t) => {
  const tooLong = { code: 'upstream_invalid' };
  t.throws(() => read([Buffer.from(`data: ${'x'.repeat(1_000)}\n\n`)]), tooLong);
  t.throws(() => read([Buffer.from('data: x\n'.repeat(200))]), tooLong);
  t.throws(() => read(Array.from({ length: 200 }, () => Buffer.from('data: xx'))), tooLong);
  t.same(read([Buffer.from('data: x\n\n'.repeat(1_000))]).length, 1_000, 'each event counts by itself');
});

t.test('the last event may lack its blank line, but not the end of its line', async (t) => {
  t.same(read([Buffer.from('data: one\n\ndata: two\n')], 1_000, true), ['one', 'two']);
  t.same(read([Buffer.from('data: one\n\ndata: tw')], 1_000, true), ['one']);
  t.same(read([STREAM], 1_000, true), EVENTS);
});

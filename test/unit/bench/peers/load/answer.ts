// The load client's reader of answers: whatever the pieces are that an answer comes in, it counts the same body, the
// same events, and knows the end.
import t from 'tap';
import { Answer } from '../../../../../bench/peers/load/answer.ts';
import { EventCounter } from '../../../../../bench/peers/load/events.ts';

const CHUNKED = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
const STREAM = 'data: {"a":1}\n\ndata: {"b":2}\n\ndata: [DONE]\n\n';

function chunked(body: string, size: number): string {
  let text = CHUNKED;
  for (let at = 0; at < body.length; at += size) {
    const piece = body.slice(at, at + size);
    text += `${piece.length.toString(16)}\r\n${piece}\r\n`;
  }
  return `${text}0\r\n\r\n`;
}

/** Feeds the text in pieces that end at `cuts`. Each lies in a buffer with other bytes behind it, as the shared one. */
function feed(answer: Answer, text: string, cuts: readonly number[]): number {
  let events = 0;
  let from = 0;
  for (const to of [...cuts, text.length]) {
    events += answer.feed(Buffer.from(`${text.slice(from, to)}\n\n\n\n`), to - from);
    from = to;
  }
  return events;
}

t.test('counts events in a chunked body that is cut anywhere, once and twice', async (t) => {
  for (const size of [1, 7, 14, 1_000]) {
    const text = chunked(STREAM, size);
    for (let first = 1; first < text.length; first++) {
      for (const second of [first, Math.min(text.length, first + 3)]) {
        const counter = new EventCounter();
        const answer = new Answer(counter);
        const events = feed(answer, text, [first, second]);
        const seen = [events, counter.count, counter.atEndMark, answer.done, answer.bytes, answer.status];
        if (seen.join() !== `3,3,true,true,${STREAM.length},200`) {
          t.fail(`chunks of ${size}, cut at ${first} and ${second}: ${seen}`);
        }
      }
    }
  }
  t.pass();
});

t.test('reads a body of a known length, byte by byte', async (t) => {
  const answer = new Answer();
  const text = 'HTTP/1.1 201 Created\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello';
  for (let at = 0; at < text.length; at++) {
    t.notOk(answer.done);
    answer.feed(Buffer.from(text[at]!), 1);
  }
  t.ok(answer.done);
  t.same([answer.status, answer.bytes, answer.keepsAlive], [201, 5, false]);
});

t.test('is done at once with an empty body', async (t) => {
  const answer = new Answer();
  feed(answer, 'HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n', []);
  t.ok(answer.done);
});

t.test('takes the end of the connection for the end of a body without a length', async (t) => {
  const answer = new Answer();
  feed(answer, 'HTTP/1.1 200 OK\r\n\r\nhello', []);
  t.notOk(answer.done);
  t.ok(answer.end());
  t.equal(answer.bytes, 5);
});

t.test('a chunked body that the connection ends is not whole', async (t) => {
  const answer = new Answer();
  feed(answer, `${CHUNKED}5\r\nhello\r\n`, []);
  t.notOk(answer.end());
});

t.test('reads one answer after the other', async (t) => {
  const counter = new EventCounter();
  const answer = new Answer(counter);
  for (let i = 0; i < 3; i++) {
    answer.reset();
    t.equal(feed(answer, chunked(STREAM, 20), [100]), 3);
    t.ok(answer.done && counter.atEndMark);
  }
});

t.test('skips extensions of chunks and trailers', async (t) => {
  const answer = new Answer();
  feed(answer, `${CHUNKED}5;a=b\r\nhello\r\n0\r\nx: y\r\n\r\n`, []);
  t.ok(answer.done);
  t.equal(answer.bytes, 5);
});

t.test('refuses what is no answer, and more than one', async (t) => {
  t.throws(() => feed(new Answer(), 'SSH-2.0-x\r\n\r\n', []));
  t.throws(() => feed(new Answer(), `${chunked(STREAM, 20)}HTTP/1.1`, []));
  t.throws(() => feed(new Answer(), `${CHUNKED}2\r\nhello\r\n`, []));
});

t.test('an end mark is one only at the end', async (t) => {
  const counter = new EventCounter();
  const body = Buffer.from('data: [DONE]\n\ndata: x\n\n');
  counter.feed(body, 0, 14);
  t.ok(counter.atEndMark);
  counter.feed(body, 14, body.length);
  t.notOk(counter.atEndMark);
  t.equal(counter.count, 2);
});

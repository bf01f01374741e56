// Reading a response strictly: wherever its bytes are cut, the same comes out; and what two readers might understand in
// two ways is refused.
import t from 'tap';
import { HeadParser } from '../../../../src/core/upstream/http1/head.ts';
import { HeaderNames } from '../../../../src/core/upstream/http1/names.ts';
import { ResponseReader } from '../../../../src/core/upstream/http1/response.ts';

const reader = () => new ResponseReader(new HeadParser(new HeaderNames(() => true)));

interface Outcome {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
  readonly done: boolean;
  readonly reusable: boolean;
  readonly refused: boolean;
  readonly pieces: number;
}

/** What a response comes to that is read in these parts; reads share one buffer, as those of sockets do. */
function read(parts: readonly Buffer[]): Outcome {
  const response = reader();
  const shared = Buffer.alloc(65_536);
  const pieces: Buffer[] = [];
  let head: Pick<Outcome, 'status' | 'headers'> = { status: 0, headers: [] };
  for (const part of parts) {
    if (part.length === 0 || response.done || response.problem !== undefined) continue;
    part.copy(shared);
    response.read(shared, part.length);
    shared.fill('#');
    if (response.headed) head = { status: response.status, headers: response.headers };
    if (response.payload !== undefined) pieces.push(response.payload);
  }
  return {
    ...head,
    body: Buffer.concat(pieces).toString('latin1'),
    done: response.done,
    reusable: response.done && response.reusable,
    refused: response.problem !== undefined,
    pieces: pieces.length,
  };
}

const whole = (text: string): Outcome => read([Buffer.from(text, 'latin1')]);
const lines = (...all: readonly string[]): string => all.map((line) => `${line}\r\n`).join('');

const GOOD: Readonly<Record<string, readonly [text: string, outcome: Partial<Outcome>]>> = {
  'a body of known length': [
    `${lines('HTTP/1.1 200 OK', 'Content-Type: text/plain', 'content-LENGTH:  5 ', '')}hello`,
    {
      status: 200,
      headers: ['content-type', 'text/plain', 'content-length', '5'],
      body: 'hello',
      reusable: true,
    },
  ],
  'no body': [lines('HTTP/1.1 204 No Content', ''), { status: 204, body: '', reusable: true }],
  'an empty body': [lines('HTTP/1.1 200 OK', 'Content-Length: 0', ''), { body: '', reusable: true }],
  'not modified, with the length of what is not sent': [
    lines('HTTP/1.1 304 Not Modified', 'Content-Length: 0', ''),
    { status: 304, reusable: true },
  ],
  chunks: [
    lines(
      'HTTP/1.1 200 OK',
      'Transfer-Encoding: Chunked',
      '',
      '3',
      'abc',
      '0A',
      '0123456789',
      '1;a="b c"',
      '!',
      '0',
      '',
    ),
    { body: 'abc0123456789!', reusable: true },
  ],
  'chunks and trailers': [
    lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', '1', 'a', '000', 'Digest: x', 'Other:', ''),
    { body: 'a', reusable: true, headers: ['transfer-encoding', 'chunked'] },
  ],
  'a payload that looks like framing': [
    lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '', 'b', '\r\n0\r\n\r\n5\r\na', '0', ''),
    { body: '\r\n0\r\n\r\n5\r\na', reusable: true },
  ],
  'interim responses': [
    `${lines('HTTP/1.1 100 Continue', '', 'HTTP/1.1 103 Early Hints', 'Link: </a>', '')}${lines('HTTP/1.1 201 Created', 'Content-Length: 1', '')}x`,
    { status: 201, headers: ['content-length', '1'], body: 'x', reusable: true },
  ],
  'no reason': [lines('HTTP/1.1 200', 'Content-Length: 0', ''), { status: 200, reusable: true }],
  'Connection: close': [
    lines('HTTP/1.1 200 OK', 'Connection: x, Close', 'Content-Length: 0', ''),
    { done: true, reusable: false },
  ],
  'HTTP/1.0': [lines('HTTP/1.0 200 OK', 'Content-Length: 0', ''), { done: true, reusable: false }],
  'HTTP/1.0 that is kept': [
    lines('HTTP/1.0 200 OK', 'Connection: keep-alive', 'Content-Length: 0', ''),
    { done: true, reusable: true },
  ],
  'a time that is too short to be used': [
    lines('HTTP/1.1 200 OK', 'Keep-Alive: timeout=2, max=9', 'Content-Length: 0', ''),
    { done: true, reusable: false },
  ],
  'bytes of old encodings': [
    lines('HTTP/1.1 200 \xfcber', 'X-A: \xe4\tb', 'Content-Length: 0', ''),
    { headers: ['x-a', '\xe4\tb', 'content-length', '0'], reusable: true },
  ],
  'a body that ends with its connection': [
    `${lines('HTTP/1.1 200 OK', '')}abc`,
    { body: 'abc', done: false, refused: false },
  ],
};

for (const [name, [text, outcome]] of Object.entries(GOOD)) {
  t.test(`${name}, wherever it is cut`, async (t) => {
    const bytes = Buffer.from(text, 'latin1');
    const { pieces: _, ...expected } = whole(text);
    t.match(expected, { refused: false, ...outcome });
    for (let first = 0; first < bytes.length; first++) {
      for (let second = first; second < bytes.length; second += 3) {
        const parts = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
        const { pieces: _, ...got } = read(parts);
        if (JSON.stringify(got) !== JSON.stringify(expected)) {
          t.same(got, expected, `cut at ${first} and ${second}`);
          return;
        }
      }
    }
    const { pieces: __, ...trickled } = read(Array.from(bytes, (byte) => Buffer.from([byte])));
    t.same(trickled, expected, 'byte by byte');
  });
}

t.test('a burst of chunks is handed over in one piece', async (t) => {
  const head = lines('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', '');
  const events = Array.from({ length: 100 }, (_, i) => `data: ${i}\n\n`);
  const chunks = events.map((event) => lines(event.length.toString(16), event)).join('');
  t.match(whole(`${head}${chunks}${lines('0', '')}`), { pieces: 1, body: events.join(''), reusable: true });
});

const OK = 'HTTP/1.1 200 OK';
const CHUNKED = lines(OK, 'Transfer-Encoding: chunked', '');
const BAD: Readonly<Record<string, string>> = {
  'another protocol': 'SSH-2.0-x\r\n',
  'HTTP/2': lines('HTTP/2 200', ''),
  'HTTP/1.2': lines('HTTP/1.2 200 OK', ''),
  'HTTP/0.9': lines('HTTP/0.9 200 OK', ''),
  'lower case': lines('http/1.1 200 OK', ''),
  'a blank before it': ` ${lines(OK, '')}`,
  'a line end before it': `\r\n${lines(OK, '')}`,
  'a status of two digits': lines('HTTP/1.1 20 OK', ''),
  'a status of four digits': lines('HTTP/1.1 2000 OK', ''),
  'a status below 100': lines('HTTP/1.1 099 OK', ''),
  'two blanks before the status': lines('HTTP/1.1  200 OK', ''),
  'a tab after the status': lines('HTTP/1.1 200\tOK', ''),
  'a NUL in the reason': lines('HTTP/1.1 200 O\0K', ''),
  'another protocol from here on': lines('HTTP/1.1 101 Switching Protocols', 'Upgrade: x', ''),
  'a bare LF after the status': 'HTTP/1.1 200 OK\n\r\n',
  'a bare LF after a header': `${OK}\r\nA: b\nC: d\r\n\r\n`,
  'a bare LF at the end': `${OK}\r\nA: b\r\n\n`,
  'a bare CR in a value': lines(OK, 'A: b\rC: d', ''),
  'a bare CR at the end': `${OK}\r\n\rA: b\r\n`,
  'a NUL in a value': lines(OK, 'A: b\0', ''),
  'DEL in a value': lines(OK, 'A: b\x7f', ''),
  'no colon': lines(OK, 'Content-Length', ''),
  'no name': lines(OK, ': 5', ''),
  'a blank before the colon': lines(OK, 'Content-Length : 5', ''),
  'a blank before the name': lines(OK, ' Content-Length: 5', ''),
  'a name that is no token': lines(OK, 'Content(Length): 5', ''),
  'a name beyond ASCII': lines(OK, 'A\xe4: 5', ''),
  'a header that goes on in the next line': lines(OK, 'A: b', ' c', ''),
  'two lengths': lines(OK, 'Content-Length: 5', 'Content-Length: 6', ''),
  'the same length twice': lines(OK, 'Content-Length: 5', 'Content-Length: 5', ''),
  'a list of lengths': lines(OK, 'Content-Length: 5, 5', ''),
  'a length with a sign': lines(OK, 'Content-Length: +5', ''),
  'a negative length': lines(OK, 'Content-Length: -5', ''),
  'a hexadecimal length': lines(OK, 'Content-Length: 0x5', ''),
  'a length with a fraction': lines(OK, 'Content-Length: 5.0', ''),
  'no length': lines(OK, 'Content-Length:', ''),
  'a length beyond all numbers': lines(OK, 'Content-Length: 9007199254740993', ''),
  'a length of 40 digits': lines(OK, `Content-Length: ${'9'.repeat(40)}`, ''),
  'a length and chunks': lines(OK, 'Content-Length: 5', 'Transfer-Encoding: chunked', ''),
  'chunks and a length': lines(OK, 'Transfer-Encoding: chunked', 'Content-Length: 5', ''),
  'an unknown transfer coding': lines(OK, 'Transfer-Encoding: gzip', ''),
  'two transfer codings': lines(OK, 'Transfer-Encoding: gzip, chunked', ''),
  'chunked twice': lines(OK, 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked', ''),
  'chunked in quotes': lines(OK, 'Transfer-Encoding: "chunked"', ''),
  'chunked with a parameter': lines(OK, 'Transfer-Encoding: chunked;q=1', ''),
  identity: lines(OK, 'Transfer-Encoding: identity', ''),
  'chunks of HTTP/1.0': lines('HTTP/1.0 200 OK', 'Transfer-Encoding: chunked', ''),
  'a body of no content': lines('HTTP/1.1 204 No Content', 'Content-Length: 5', ''),
  'chunks of no content': lines('HTTP/1.1 204 No Content', 'Transfer-Encoding: chunked', ''),
  'a body of an interim response': lines('HTTP/1.1 103 Early Hints', 'Content-Length: 5', ''),
  'a head that is too long': lines(OK, `A: ${'b'.repeat(70_000)}`, ''),
  'too many interim responses': lines('HTTP/1.1 100 Continue', '').repeat(3_000),
  'a chunk without a size': `${CHUNKED}\r\n`,
  'a chunk size with a blank': `${CHUNKED}5 \r\nhello\r\n`,
  'a chunk size with a blank before it': `${CHUNKED} 5\r\nhello\r\n`,
  'a chunk size with a sign': `${CHUNKED}+5\r\nhello\r\n`,
  'a chunk size with 0x': `${CHUNKED}0x5\r\nhello\r\n`,
  'a chunk size that is no number': `${CHUNKED}g\r\nhello\r\n`,
  'a chunk size beyond all numbers': `${CHUNKED}20000000000000\r\nhello\r\n`,
  'a chunk size of 17 digits': `${CHUNKED}00000000000000005\r\nhello\r\n`,
  'a chunk size that ends with LF': `${CHUNKED}5\nhello\r\n`,
  'a chunk size that ends with CR and something else': `${CHUNKED}5\rhello\r\n`,
  'a chunk that is longer than its size': `${CHUNKED}4\r\nhello\r\n0\r\n\r\n`,
  'a chunk that is shorter than its size': `${CHUNKED}6\r\nhello\r\n0\r\n\r\n`,
  'a chunk that ends with LF': `${CHUNKED}5\r\nhello\n0\r\n\r\n`,
  'a chunk extension with a bare LF': `${CHUNKED}5;a\nhello\r\n0\r\n\r\n`,
  'a chunk extension without end': `${CHUNKED}5;${'a'.repeat(5_000)}\r\nhello\r\n`,
  'a trailer without a colon': `${CHUNKED}0\r\nabc\r\n\r\n`,
  'a trailer without a name': `${CHUNKED}0\r\n: a\r\n\r\n`,
  'a trailer that goes on': `${CHUNKED}0\r\nA: b\r\n c\r\n\r\n`,
  'a trailer with a bare LF': `${CHUNKED}0\r\nA: b\n\r\n`,
  'trailers without end': `${CHUNKED}0\r\n${lines('A: b').repeat(5_000)}\r\n`,
  'a last chunk that ends with LF': `${CHUNKED}0\n\r\n`,
  'an end that is none': `${CHUNKED}0\r\n\r0`,
};

for (const [name, text] of Object.entries(BAD)) {
  t.test(`refused: ${name}`, async (t) => {
    const bytes = Buffer.from(text, 'latin1');
    const reads: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += 32_768) reads.push(bytes.subarray(at, at + 32_768));
    t.match(read(reads), { refused: true, done: false });
    if (bytes.length > 1_000) return;
    t.match(
      read(Array.from(bytes, (byte) => Buffer.from([byte]))),
      { refused: true, done: false },
      'byte by byte',
    );
  });
}

t.test('what comes behind the end taints the connection, and no more', async (t) => {
  for (const good of [`${lines(OK, 'Content-Length: 5', '')}hello`, `${CHUNKED}5\r\nhello\r\n0\r\n\r\n`]) {
    for (const surplus of ['\r\n', 'x', lines(OK, 'Content-Length: 0', '')])
      t.match(whole(good + surplus), { body: 'hello', done: true, reusable: false, refused: false });
  }
});

t.test('what came before a bad chunk is handed over', async (t) => {
  t.match(whole(`${CHUNKED}5\r\nhello\r\ng`), { body: 'hello', refused: true, done: false });
});

t.test('a name that drives another one out of its slot changes nothing', async (t) => {
  const names = new HeaderNames((name) => name.endsWith('1'));
  const bytes = Buffer.from('X-A1x-b2');
  for (let i = 0; i < 3; i++) {
    t.match(names.find(bytes, 0, 4, 7), { text: 'x-a1', wanted: true });
    t.match(names.find(bytes, 4, 8, 7), { text: 'x-b2', wanted: false });
  }
});

t.test('what has been handed over is not kept', async (t) => {
  const response = reader();
  const bytes = Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
  response.read(bytes, bytes.length);
  t.equal(response.payload?.toString(), 'hello');
  response.forget();
  t.equal(response.payload, undefined);
  t.same(response.headers, []);
});

t.test('a long head that comes byte by byte is parsed a few times, not once for each byte', async (t) => {
  const text = `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(5_000)}Content-Length: 0\r\n\r\n`;
  const parser = new HeadParser(new HeaderNames(() => true));
  let parsed = 0;
  const parse = parser.parse.bind(parser);
  parser.parse = (bytes, start, end) => {
    parsed += end - start;
    return parse(bytes, start, end);
  };
  const response = new ResponseReader(parser);
  for (const byte of Buffer.from(text)) response.read(Buffer.of(byte), 1);
  t.ok(response.done);
  // The first 4 KiB byte by byte, the rest at most three times over.
  t.ok(parsed < 4_096 * 4_096 + 3 * text.length, `${parsed} bytes parsed for ${text.length}`);
});

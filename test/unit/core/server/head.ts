// The head of a request: what decides framing or identity may be said once, and must be said clearly.
import t from 'tap';
import { RequestHead } from '../../../../src/core/server/head.ts';

function head(
  method: string,
  headers: readonly (readonly [string, string])[],
  chunkedAllowed = false,
): RequestHead {
  const made = new RequestHead(method, '/', '');
  for (const [name, value] of headers) made.add(name, value);
  return made.complete(chunkedAllowed);
}

t.test('framing', async (t) => {
  const cases: [expected: string | undefined, ...headers: [string, string][]][] = [
    [undefined, ['content-length', '0']],
    [undefined, ['content-length', '123456789012345']],
    ['malformed_head', ['content-length', '']],
    ['malformed_head', ['content-length', '+1']],
    ['malformed_head', ['content-length', '1,1']],
    ['malformed_head', ['content-length', '1234567890123456']],
    ['duplicate_header', ['content-length', '1'], ['content-length', '1']],
    ['malformed_head', ['content-length', '1'], ['transfer-encoding', 'chunked']],
    ['malformed_head', ['transfer-encoding', 'gzip']],
    ['malformed_head', ['transfer-encoding', '']],
    ['length_required', ['transfer-encoding', 'chunked']],
    ['malformed_head', ['', 'x'], ['content-length', '1']],
  ];
  for (const [expected, ...headers] of cases) {
    t.equal(head('POST', headers).problem, expected, JSON.stringify(headers));
  }
  t.equal(head('POST', [['transfer-encoding', 'Chunked']], true).problem, undefined);
});

t.test('methods that come with a body must say how long it is', async (t) => {
  for (const method of ['POST', 'PUT', 'PATCH']) t.equal(head(method, []).problem, 'length_required');
  for (const method of ['GET', 'HEAD', 'DELETE', 'OPTIONS']) t.equal(head(method, []).problem, undefined);
});

t.test('other headers may repeat, and are joined', async (t) => {
  const joined = head('GET', [
    ['accept', 'a'],
    ['x-unknown', '1'],
    ['accept', 'b'],
    ['x-unknown', '2'],
  ]);
  t.equal(joined.problem, undefined);
  t.equal(joined.get('accept'), 'a, b');
});

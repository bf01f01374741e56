// What upstreams and clients put into headers cannot split a response. On both engines.
import t from 'tap';
import { events, listen, onEachEngine } from '../../fixtures/engines.ts';
import { get, RawClient } from '../../fixtures/raw-http.ts';

const SPLIT = 'a\r\nset-cookie: x=1\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n';
const HEADERS = [
  'x-before',
  'kept',
  'x-split',
  SPLIT,
  'x-lf',
  'a\nb: c',
  'x-cr',
  'a\rb: c',
  'x-nul',
  'a\0b',
  'x: y\r\nx-name',
  'split name',
  'x-wide',
  'Ω\u010a',
  '',
  'no name',
  'x-tab',
  'a\tb',
  'x-empty',
  '',
  'x-after',
  'kept',
];

for (const streamed of [false, true]) {
  onEachEngine(
    t,
    `${streamed ? 'streamed' : 'whole'} responses leave such headers out`,
    async (t, engine) => {
      const { port } = await listen(t, engine, (client) => {
        if (streamed) {
          client.start(200, HEADERS);
          client.end([Buffer.from('body')]);
        } else {
          client.respond(200, HEADERS, [Buffer.from('body')]);
        }
        return events(t, {});
      });
      const client = await RawClient.open(port);
      t.teardown(() => client.destroy());
      const { headers, body } = await client.send(get('/')).response();
      t.equal(body.toString(), 'body');
      t.equal(headers.get('x-before'), 'kept');
      t.equal(headers.get('x-after'), 'kept');
      t.equal(headers.get('x-tab'), 'a\tb');
      t.equal(headers.get('x-empty'), '');
      const names = [...headers.keys()];
      for (const name of [
        'set-cookie',
        'x-split',
        'b',
        'x-lf',
        'x-cr',
        'x-nul',
        'x',
        'x-name',
        'x-wide',
        '',
      ]) {
        t.notOk(names.includes(name), JSON.stringify(name));
      }
      t.notOk(names.includes('server') || names.includes('uwebsockets'), 'nor does the server name itself');
      t.equal(client.received.length, 0);
    },
  );
}

onEachEngine(t, 'statuses', async (t, engine) => {
  const { port } = await listen(t, engine, (client) => {
    client.respond(Number(client.head.path.slice(1)), [], [Buffer.from('body')]);
    return events(t, {});
  });
  const client = await RawClient.open(port);
  t.teardown(() => client.destroy());
  for (const [status, line] of [
    [200, 'HTTP/1.1 200 OK'],
    [201, 'HTTP/1.1 201 Created'],
    [204, 'HTTP/1.1 204 No Content'],
    [304, 'HTTP/1.1 304 Not Modified'],
    [429, 'HTTP/1.1 429 Too Many Requests'],
    [529, /^HTTP\/1\.1 529 \w+/],
  ] as const) {
    const { head, body } = await client.send(get(`/${status}`)).response();
    t.match(head.split('\r\n')[0], line);
    t.equal(body.toString(), status === 204 || status === 304 ? '' : 'body');
  }
});

// Unknown paths get 404, wrong methods 405 with Allow, and encoded bodies 400, in the dialect that the client most
// likely speaks. On both engines.
import t from 'tap';
import { messages } from '../../../src/core/dialects/anthropic.ts';
import { chat } from '../../../src/core/dialects/openai.ts';
import { onEachEngine, route, serve } from '../../fixtures/engines.ts';
import { get, post, RawClient } from '../../fixtures/raw-http.ts';

const ROUTES = [
  route('/v1/chat/completions', chat, ['POST']),
  route('/v1/messages', messages, ['POST']),
  route('/v1/models', chat, ['GET']),
];

onEachEngine(t, '404', async (t, engine) => {
  const { port, open } = await serve(t, engine, ROUTES);
  const client = await RawClient.open(port);
  t.teardown(() => client.destroy());
  const plain = await client.send(get('/nowhere?x=1')).response();
  t.equal(plain.status, 404);
  t.match(JSON.parse(plain.body.toString()), { error: { type: 'invalid_request_error', code: 'not_found' } });
  const versioned = await client.send(post('/nowhere', '{}', 'anthropic-version: 2023-06-01\r\n')).response();
  t.equal(versioned.status, 404);
  t.match(JSON.parse(versioned.body.toString()), { type: 'error', error: { type: 'not_found_error' } });
  t.match(versioned.headers.get('x-request-id'), /^[0-9a-f-]{36}$/);
  const bare = await client.send(get('/', '', 'HEAD')).response('HEAD');
  t.equal(bare.status, 404, 'Claude Code sends HEAD / first');
  t.equal(
    (await client.send(post('/v1/messages?beta=true', '{}')).response()).status,
    200,
    'queries do not count',
  );
  t.equal(open.size, 0);
});

onEachEngine(t, '405', async (t, engine) => {
  const { port } = await serve(t, engine, ROUTES);
  const client = await RawClient.open(port);
  t.teardown(() => client.destroy());
  const got = await client.send(get('/v1/messages')).response();
  t.equal(got.status, 405);
  t.equal(got.headers.get('allow'), 'POST');
  t.match(JSON.parse(got.body.toString()), { type: 'error', error: { type: 'invalid_request_error' } });
  for (const method of ['DELETE', 'OPTIONS', 'PUT']) {
    const { status, headers } = await client
      .send(get('/v1/models', 'Content-Length: 0\r\n', method))
      .response();
    t.equal(status, 405, method);
    t.equal(headers.get('allow'), 'GET, HEAD');
  }
  t.equal((await client.send(get('/v1/models')).response()).status, 200);
});

onEachEngine(t, 'a body in an encoding gets 400', async (t, engine) => {
  const { port } = await serve(t, engine, ROUTES);
  const client = await RawClient.open(port);
  t.teardown(() => client.destroy());
  const gzip = await client.send(post('/v1/messages', '{}', 'Content-Encoding: gzip\r\n')).response();
  t.equal(gzip.status, 400);
  t.match(JSON.parse(gzip.body.toString()), { type: 'error', error: { message: /Content-Encoding/ } });
  const plain = await client.send(post('/v1/messages', '{}', 'Content-Encoding: identity\r\n')).response();
  t.equal(plain.status, 200);
});

// One connection serves request after request, each with its own body, on both engines.
import t from 'tap';
import { echo, listen, onEachEngine } from '../../fixtures/engines.ts';
import { get, post, RawClient } from '../../fixtures/raw-http.ts';

onEachEngine(t, 'a connection is used again', async (t, engine) => {
  const { port } = await listen(t, engine, echo);
  const client = await RawClient.open(port);
  t.teardown(() => client.destroy());
  for (let i = 0; i < 20; i++) {
    const body = 'x'.repeat(i * 997);
    const { status, headers, body: answer } = await client.send(post(`/echo/${i}`, body)).response();
    t.equal(status, 200);
    t.equal(headers.get('connection')?.toLowerCase() === 'close', false);
    t.equal(answer.toString(), `POST /echo/${i} ${body}`);
    t.equal((await client.send(get(`/g/${i}`)).response()).body.toString(), `GET /g/${i} `);
  }
  t.equal(client.closed, false);
});

onEachEngine(t, 'HEAD has the length of the body and not the body', async (t, engine) => {
  const { port } = await listen(t, engine, echo);
  const client = await RawClient.open(port);
  t.teardown(() => client.destroy());
  for (let i = 0; i < 3; i++) {
    const { status, headers, body } = await client.send(get('/head', '', 'HEAD')).response('HEAD');
    t.equal(status, 200);
    t.equal(headers.get('content-length'), String('HEAD /head '.length));
    t.equal(body.length, 0);
  }
  t.equal(
    (await client.send(get('/after')).response()).body.toString(),
    'GET /after ',
    'nothing was left behind',
  );
});

onEachEngine(t, 'a client that asks for it has its connection closed', async (t, engine) => {
  const { port } = await listen(t, engine, echo);
  const client = await RawClient.open(port);
  const { body } = await client.send(get('/bye', 'Connection: close\r\n')).response();
  t.equal(body.toString(), 'GET /bye ');
  await client.end();
});

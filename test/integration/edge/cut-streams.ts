// A stream that is cut gives the client its last bytes and then breaks off: no last chunk, so that nobody takes it for
// whole. On both engines.
import t from 'tap';
import { events, listen, onEachEngine } from '../../fixtures/engines.ts';
import { get, RawClient, readChunks } from '../../fixtures/raw-http.ts';

const ERROR_EVENT = Buffer.from('data: {"error":{"message":"broke off"}}\n\n');

for (const [when, wait] of Object.entries({
  'in the turn of the request': (cut: () => void) => cut(),
  later: (cut: () => void) => setTimeout(cut, 20),
})) {
  onEachEngine(t, `cut ${when}`, async (t, engine) => {
    const { port } = await listen(t, engine, (client) => {
      client.start(200, ['content-type', 'text/event-stream']);
      client.write([Buffer.from('data: 1\n\n')]);
      wait(() => {
        client.cut([ERROR_EVENT]);
        t.equal(client.open, false);
        client.end([Buffer.from('not this')]);
      });
      return events(t, {});
    });
    for (let i = 0; i < 20; i++) {
      const client = await RawClient.open(port);
      await client.send(get('/')).end();
      const raw = client.received;
      const { parts, ended } = readChunks(raw.subarray(raw.indexOf('\r\n\r\n') + 4));
      // uWebSockets.js ends a chunk only with the next one, so the last one may lack its line end.
      const text = Buffer.concat(parts).toString() + raw.toString().slice(raw.lastIndexOf('\r\n') + 2);
      t.equal(ended, false);
      t.match(text, `data: 1\n\n`);
      t.equal(text.endsWith(ERROR_EVENT.toString()), true, JSON.stringify(text));
    }
  });
}

onEachEngine(t, 'fetch sees the last bytes, and then an error', async (t, engine) => {
  const { port } = await listen(t, engine, (client) => {
    client.start(200, []);
    client.write([Buffer.from('one ')]);
    setTimeout(() => client.cut([Buffer.from('two')]), 20);
    return events(t, {});
  });
  const response = await fetch(`http://127.0.0.1:${port}/`);
  let text = '';
  await t.rejects(async () => {
    for await (const bytes of response.body!) text += Buffer.from(bytes).toString();
  });
  t.equal(text, 'one two');
});

onEachEngine(t, 'cut while the client takes nothing', async (t, engine) => {
  let cut = false;
  const { port } = await listen(t, engine, (client) => {
    client.start(200, []);
    while (client.write([Buffer.alloc(1024 * 1024, 'x')]));
    client.cut([ERROR_EVENT]);
    cut = true;
    return events(t, {});
  });
  const client = await RawClient.open(port);
  client.socket.pause();
  client.send(get('/'));
  while (!cut) await new Promise((resolve) => setImmediate(resolve));
  client.socket.resume();
  await client.end();
  t.equal(client.received.includes('\r\n0\r\n'), false);
});

onEachEngine(t, 'cut before anything was sent', async (t, engine) => {
  const { port } = await listen(t, engine, (client) => {
    client.cut();
    return events(t, {});
  });
  const client = await RawClient.open(port);
  await client.send(get('/')).end();
  t.equal(client.received.length, 0);
});

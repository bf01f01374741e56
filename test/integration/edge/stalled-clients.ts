// How long a client may take nothing is a setting of the gateway, not of its engine: uWebSockets.js by itself gives up
// after 10 to 12 s. There is no event to wait for: the test is that nothing happens for 14 s. On both engines.
import t from 'tap';
import { events, listen, onEachEngine } from '../../fixtures/engines.ts';
import { get, RawClient } from '../../fixtures/raw-http.ts';

const STALL_MS = 14_000;
const PARTS = 12;
const PART = Buffer.alloc(1024 * 1024, 'x');

t.jobs = 2;
onEachEngine(t, 'a client that takes nothing for 14 s gets all in the end', async (t, engine) => {
  const { port } = await listen(t, engine, (client) => {
    let written = 0;
    const go = (): void => {
      while (written++ < PARTS) if (!client.write([PART])) return;
      client.end([]);
    };
    client.start(200, []);
    go();
    return events(t, { onWritable: go });
  });
  const client = await RawClient.open(port);
  t.teardown(() => client.destroy());
  client.send(get('/')).socket.pause();
  await new Promise((resolve) => setTimeout(resolve, STALL_MS));
  client.socket.resume();
  t.equal((await client.response()).body.length, PARTS * PART.length);
});

// An upstream that is down: connecting is tried again, then each call fails by itself, those that wait for a connection
// among them, and the transport is as good as new.
import t from 'tap';
import { startSimulator } from '../../../sim/simulator.ts';
import type { TransportFailure } from '../../../src/core/upstream/transport.ts';
import { CLIENTS, OPTIONS, TRANSPORTS } from '../../fixtures/transports.ts';

const REQUEST = {
  method: 'POST',
  path: '/v1/chat/completions',
  body: [Buffer.from('{"model":"m","messages":[{"role":"user","content":"hi"}]}')],
} as const;

for (const name of CLIENTS) {
  t.test(`${name}: calls one by one and many at once`, async (t) => {
    const upstream = await startSimulator({ dialect: 'openai' });
    t.teardown(() => upstream.close());
    const transport = new TRANSPORTS[name](upstream.url, {
      ...OPTIONS,
      connectionsMax: 2,
      queueMax: 10,
      connectAttemptsMax: 3,
      connectTimeoutMs: 1_000,
      keepAliveTimeoutMs: 4_000,
    });
    t.teardown(() => transport.close());

    const call = () => {
      let attempts = 0;
      return new Promise<{ attempts: number; status?: number; failure?: TransportFailure }>((resolve) => {
        let status = 0;
        transport.send(
          { ...REQUEST, headers: ['content-type', 'application/json'] },
          {
            onAttempt: () => attempts++,
            onHead: (received) => {
              status = received;
            },
            onChunk: () => true,
            onEnd: () => resolve({ attempts, status }),
            onFailed: (failure) => resolve({ attempts, failure }),
          },
        );
      });
    };

    t.match(await call(), { status: 200 });
    upstream.refuse();
    t.ok((await call()).failure, 'on the connection that has been closed');
    const refused = { attempts: 3, failure: { kind: 'connect' } };
    t.match(await call(), refused, 'one');
    t.match(
      await Promise.all(Array.from({ length: 8 }, call)),
      Array(8).fill(refused),
      'many, most of them in a queue',
    );
    await upstream.accept();
    for (const { status } of await Promise.all(Array.from({ length: 8 }, call))) t.equal(status, 200);
  });
}

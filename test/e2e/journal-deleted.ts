// DATA_DIR is deleted under a gateway that serves: it says so, writes its journal again, and no row is lost.
import { rmSync } from 'node:fs';
import t from 'tap';
import { MODEL_ON, startGateway } from '../fixtures/gateway.ts';
import { asking } from '../fixtures/sdk.ts';

const REQUESTS = 20;

t.test('no row is lost', async (t) => {
  const gateway = await startGateway(t);
  const token = await gateway.createKey('cursor-pro-sonnet');
  const ids = new Set<string>();
  const ask = async () => {
    const request = { model: MODEL_ON.ghcp, messages: asking({ text: 'ok' }) };
    const response = await gateway.post('/v1/chat/completions', token, request);
    await response.arrayBuffer();
    t.equal(response.status, 200);
    ids.add(response.headers.get('x-request-id')!);
  };
  await Promise.all(Array.from({ length: REQUESTS }, ask));
  await gateway.rows(REQUESTS);
  // The gateway may put a file there again before the folder is gone: then once more, as an operator would.
  rmSync(gateway.dataDir, { recursive: true, maxRetries: 10, retryDelay: 10 });
  await Promise.all(Array.from({ length: REQUESTS }, ask));
  await gateway.logged(/somebody has deleted a file of the journal/);
  const rows = await gateway.rows(2 * REQUESTS);
  t.strictSame(new Set(rows.map(({ request_id }) => request_id)), ids);
  t.equal((await fetch(`${gateway.url}/readyz`)).status, 200);
});

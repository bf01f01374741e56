// Several processes listen on one port, and each gets its share of the connections. On both engines.
import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { onEachEngine } from '../../fixtures/engines.ts';
import { get, RawClient } from '../../fixtures/raw-http.ts';

const WORKERS = 2;
const CONNECTIONS = 60;

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

async function startWorker(t: Test, kind: string, port: number): Promise<Worker> {
  cluster.setupPrimary({
    exec: fileURLToPath(new URL('../../fixtures/engine-worker.js', import.meta.url)),
    execArgv: [],
    args: [kind, String(port)],
  });
  const worker = cluster.fork();
  t.teardown(async () => {
    if (worker.isDead()) return;
    worker.process.kill('SIGKILL');
    await once(worker, 'exit');
  });
  await once(worker, 'message');
  return worker;
}

async function ask(port: number): Promise<string> {
  const client = await RawClient.open(port);
  const { body } = await client.send(get('/')).response();
  client.destroy();
  return body.toString();
}

onEachEngine(t, 'workers share a port, and the others go on when one has died', async (t, engine) => {
  const port = await freePort();
  const kind = engine.name === 'node' ? 'node' : 'uws';
  const workers: Worker[] = [];
  for (let i = 0; i < WORKERS; i++) workers.push(await startWorker(t, kind, port));
  const answers = new Set<string>();
  for (let i = 0; i < CONNECTIONS; i++) answers.add(await ask(port));
  t.same([...answers].sort(), workers.map((worker) => String(worker.process.pid)).sort());

  workers[0]!.process.kill('SIGKILL');
  await once(workers[0]!, 'exit');
  for (let i = 0; i < 20; i++) t.equal(await ask(port), String(workers[1]!.process.pid));
});

// The bench watches the event loop of a worker from inside: the longest stall since the last look, of the worker only.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { Stalls } from '../../../bench/peers/stalls.ts';

const STALL_MS = 300;
/** Who is told to stand still does. The primary passes on what it is told for its worker. */
const PROGRAM = `
import cluster from 'node:cluster';
const block = (ms) => { for (const until = performance.now() + ms; performance.now() < until; ); };
if (cluster.isPrimary) {
  const worker = cluster.fork();
  process.on('message', (order) => {
    if (order.who === 'worker') worker.send(order);
    else { block(order.ms); process.send('done'); }
  });
  worker.on('message', (message) => process.send(message));
} else {
  process.on('message', ({ ms }) => { block(ms); process.send('done'); });
  process.send('ready');
}`;

t.test('a stall', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'apipod-stalls-test-'));
  const file = join(folder, 'program.mjs');
  writeFileSync(file, PROGRAM);
  const stalls = new Stalls();
  const child = fork(file, { execArgv: stalls.execArgv, env: { ...process.env, ...stalls.settings } });
  t.teardown(() => {
    child.kill();
    stalls.close();
    rmSync(folder, { recursive: true });
  });
  const stall = async (who: 'primary' | 'worker') => {
    const done = once(child, 'message');
    child.send({ who, ms: STALL_MS });
    await done;
  };
  await once(child, 'message');
  await stalls.longestMs();
  await stall('worker');
  t.ok((await stalls.longestMs()) >= STALL_MS);
  t.ok((await stalls.longestMs()) < STALL_MS, 'is forgotten when it has been told');
  await stall('primary');
  t.ok((await stalls.longestMs()) < STALL_MS, 'of the primary is none of the worker');
});

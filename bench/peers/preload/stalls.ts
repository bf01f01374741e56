// Loaded into the processes of a gateway (`--import`): a worker watches its event loop. Whoever connects to the socket
// that BENCH_STALLS names is told the longest interval between two turns of a timer of 1 ms since the one before, in ms.
import cluster from 'node:cluster';
import { rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const path = process.env.BENCH_STALLS;

if (cluster.isWorker && isMainThread && path !== undefined) {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  const server = createServer((socket) => {
    const { max, count } = delays;
    delays.reset();
    socket.on('error', () => {});
    socket.end(String(count === 0 ? 0 : max / 1e6));
  });
  // Of a worker before this one.
  rmSync(path, { force: true });
  // Not by way of the primary, as the sockets of a worker usually are.
  server.listen({ path, exclusive: true });
  server.unref();
}

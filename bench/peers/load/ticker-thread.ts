// The thread of a Ticker. Ticks that are past when it gets to run are one.
import { parentPort, workerData } from 'node:worker_threads';

const { startMs, gapMs } = workerData as { startMs: number; gapMs: number };
const never = new Int32Array(new SharedArrayBuffer(4));
const now = (): number => performance.timeOrigin + performance.now();

for (let tick = 0; ; ) {
  Atomics.wait(never, 0, 0, Math.max(0, startMs + tick * gapMs - now()));
  parentPort!.postMessage(0);
  tick = Math.max(tick + 1, Math.ceil((now() - startMs) / gapMs));
}

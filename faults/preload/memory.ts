// Loaded into every process of a gateway: SIGUSR2 eats up the heap of the one that gets it.
import { isMainThread } from 'node:worker_threads';

const ITEMS = 100_000;

if (isMainThread) {
  process.on('SIGUSR2', () => {
    const hoard: number[][] = [];
    for (;;) hoard.push(Array.from({ length: ITEMS }, Math.random));
  });
}

let waiting: (() => void)[] = [];
/** We are behind the poll of this turn of the event loop. */
let polled = false;

/**
 * Calls back once in this turn of the event loop, when all that its poll has found has been read. Who asks from within
 * such a callback, or from a promise that it has settled, is called in the same turn: another one would cost a system
 * call, and the time of whoever waits.
 */
export function afterPoll(callback: () => void): void {
  if (waiting.push(callback) > 1) return;
  if (polled) process.nextTick(run);
  else setImmediate(enter);
}

function enter(): void {
  polled = true;
  run();
  // Node runs what has been put off in this order: promises, with all that they settle, and then ticks.
  queueMicrotask(() => process.nextTick(leave));
}

function leave(): void {
  polled = false;
}

function run(): void {
  const callbacks = waiting;
  waiting = [];
  for (const callback of callbacks) callback();
}

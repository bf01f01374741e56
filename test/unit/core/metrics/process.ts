// What a process says of itself: memory, CPU time, and how long its event loop was held up.
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { Metrics } from '../../../../src/core/metrics/metrics.ts';
import { observeProcess } from '../../../../src/core/metrics/process.ts';

const HOLD_UP_MS = 300;

t.test('memory, CPU time and a hold-up of the event loop, in base units', async (t) => {
  const metrics = new Metrics();
  t.teardown(observeProcess(metrics));
  await delay(50);
  const until = performance.now() + HOLD_UP_MS;
  while (performance.now() < until);
  await delay(50);
  const { counters, gauges } = metrics.takeDelta();
  const value = (family: string) =>
    [...counters, ...gauges].find((sample) => sample.family === family)?.value ?? 0;
  t.ok(value('eventLoopDelay') >= (HOLD_UP_MS - 50) / 1e3, `delay ${value('eventLoopDelay')}`);
  t.ok(value('residentMemory') > 1e7);
  t.ok(value('cpu') > 0 && value('cpu') < 1e4);
});

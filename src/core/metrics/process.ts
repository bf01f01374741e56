import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metrics } from './metrics.ts';

const DELAY_RESOLUTION_MS = 20;
const DELAY_WINDOW_MS = 30_000;

/** What each process says about itself. @returns a function that ends it */
export function observeProcess(metrics: Metrics): () => void {
  metrics.observe('cpu', [], () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  metrics.observe('residentMemory', [], () => process.memoryUsage.rss());

  // The longest delay of this window and the last: however often they scrape, every scraper sees a hold-up.
  const delays = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  let earlier = 0;
  // The histogram holds the times between ticks in nanoseconds, the interval itself included.
  const longest = () => Math.max(0, delays.max / 1e6 - DELAY_RESOLUTION_MS) / 1e3;
  const windows = setInterval(() => {
    earlier = longest();
    delays.reset();
  }, DELAY_WINDOW_MS).unref();
  metrics.observe('eventLoopDelay', [], () => Math.max(earlier, longest()));
  delays.enable();
  return () => {
    clearInterval(windows);
    delays.disable();
  };
}

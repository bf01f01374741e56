import type { Channel } from '../channel.ts';
import type { UsageWriter } from './writer.ts';

/**
 * In the primary, once for each worker: writes what the worker sends, and acknowledges it after the commit. The
 * worker holds back while acknowledgements are due, so what waits here has a bound (BATCHES_SENT_MAX a worker).
 */
export function collectUsage(channel: Channel, writer: Pick<UsageWriter, 'write'>): void {
  channel.on('usage', async ({ batch, rows }) => {
    if (await writer.write(rows)) channel.send('usageWritten', { batch });
  });
}

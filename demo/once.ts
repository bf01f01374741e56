import { setTimeout as delay } from 'node:timers/promises';
import { type Access, clientLines, type Line, metricsLine, send, usageLine } from './lines.ts';

const ROWS_POLL_INTERVAL_MS = 100;
const ROWS_TIMEOUT_MS = 15_000;
/** How a whole stream ends, in each API. */
const STREAM_END = /data: (\[DONE\]|\{"type":"(message_stop|response\.completed)".*\})\s*$/;
/** Of some hundred lines, those that the requests have changed. */
const SHOWN_METRICS = /^apipod_(requests|tokens)_total\{/;

/** Makes the requests of all lines and prints what comes back. @throws Error that says which of them failed, and how */
export async function runOnce(access: Access, print: (text: string) => void): Promise<void> {
  const show = ({ title }: Line, text: string): void => print(`# ${title}\n${text.trim()}\n`);

  const lines = clientLines(access);
  for (const line of lines) {
    const text = await fetchText(line);
    show(line, text);
    if (line.streamed && !STREAM_END.test(text)) throw new Error(`${line.title}: the stream is not whole`);
  }
  const rows = lines.filter(({ body }) => body !== undefined).length;
  show(usageLine(access), await untilRows(usageLine(access), rows));
  const metrics = (await fetchText(metricsLine(access))).split('\n');
  show(metricsLine(access), metrics.filter((line) => SHOWN_METRICS.test(line)).join('\n'));
}

async function fetchText(line: Line): Promise<string> {
  const response = await send(line);
  const text = await response.text();
  if (!response.ok) throw new Error(`${line.title}: status ${response.status}\n${text}`);
  return text;
}

/** A row is written a moment after its answer. @returns the table, once it has so many rows of completed requests */
async function untilRows(line: Line, rows: number): Promise<string> {
  const deadline = performance.now() + ROWS_TIMEOUT_MS;
  for (;;) {
    const table = await fetchText(line);
    const found = table.match(/,reported,completed,/g)?.length ?? 0;
    if (found === rows) return table;
    if (performance.now() > deadline) throw new Error(`${line.title}: ${found} instead of ${rows}\n${table}`);
    await delay(ROWS_POLL_INTERVAL_MS);
  }
}

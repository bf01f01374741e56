import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { OTHER_CORE, Process } from '../program.ts';
import type { Ask } from './ask.ts';

export interface WrkOrder extends Ask {
  readonly connections: number;
  /** Whole ones; wrk knows no others. */
  readonly seconds: number;
  /** How long a connection waits between an answer and its next request; 0: not at all. */
  readonly pauseMs: number;
}

/** What one run of wrk found. Latency is of a closed loop: a slow answer also delays the next request. */
export interface WrkResult {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answers whose status is not 2xx. */
  readonly refused: number;
  /** Connections that failed to connect, read, write or answer in time. */
  readonly failed: number;
}

const MARK = 'apipod:';

/** Runs wrk on the core of the load. @throws if it is missing or ends without a result */
export async function runWrk(order: WrkOrder): Promise<WrkResult> {
  const folder = mkdtempSync(join(tmpdir(), 'apipod-wrk-'));
  try {
    const script = join(folder, 'request.lua');
    writeFileSync(join(folder, 'body'), order.body);
    writeFileSync(script, scriptOf(order, join(folder, 'body')));
    const { connections, seconds, url } = order;
    const wrk = new Process(
      ['wrk', '-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, url],
      OTHER_CORE,
    );
    return parseWrk(await text(wrk.child.stdout!));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * wrk makes the bytes of the request once and sends them again and again; no Lua looks at an answer. Its API:
 * https://github.com/wg/wrk/blob/4.1.0/SCRIPTING
 */
export function scriptOf(
  { headers, pauseMs }: Pick<WrkOrder, 'headers' | 'pauseMs'>,
  bodyFile: string,
): string {
  const lines = Object.entries(headers).map(([name, value]) => `wrk.headers[${lua(name)}] = ${lua(value)}`);
  return `wrk.method = "POST"
${lines.join('\n')}
local file = assert(io.open(${lua(bodyFile)}, "rb"))
wrk.body = file:read("*a")
file:close()
${pauseMs > 0 ? `function delay() return ${pauseMs} end\n` : ''}
function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '${MARK}{"requests":%d,"micros":%d,"p50Micros":%d,"p99Micros":%d,"status":%d,"failed":%d}\\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
`;
}

/** @param output all that wrk printed. @throws if the script's line is not in it */
export function parseWrk(output: string): WrkResult {
  const line = output.split('\n').find((each) => each.startsWith(MARK));
  if (line === undefined) throw new Error(`wrk gave no result (apt-get install wrk): ${output.slice(-500)}`);
  const { requests, micros, p50Micros, p99Micros, status, failed } = JSON.parse(
    line.slice(MARK.length),
  ) as Record<string, number>;
  // The script is told of 4xx and 5xx only; wrk's own line counts 3xx too.
  const refused = Number(/Non-2xx or 3xx responses: (\d+)/.exec(output)?.[1] ?? status);
  return {
    requests: requests!,
    seconds: micros! / 1e6,
    p50Ms: p50Micros! / 1e3,
    p99Ms: p99Micros! / 1e3,
    refused,
    failed: failed!,
  };
}

/** A Lua string. @throws if it cannot be one without escapes of its own */
function lua(value: string): string {
  if (/[^\x20-\x7e]/.test(value)) throw new Error('only printable ASCII can be sent by wrk');
  return JSON.stringify(value);
}

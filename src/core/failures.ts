import type { ErrorCode, ProxyError } from './errors.ts';
import type { Exchange } from './exchange.ts';
import type { Logger } from './log.ts';

/** An upstream that is down fails every request: beyond this many lines a second with the same code, they are only counted. */
const LINES_PER_SECOND_MAX = 10;
const SECOND_MS = 1_000;

interface Window {
  startedAt: number;
  lines: number;
  suppressed: number;
}

/** Tells the operator why exchanges failed through no fault of their clients. The request id leads from a client to its line. */
export function createFailureLog(log: Logger): (exchange: Exchange, error: ProxyError) => void {
  const windows = new Map<ErrorCode, Window>();

  return (exchange, error) => {
    const now = performance.now();
    let window = windows.get(error.code);
    if (window === undefined) {
      window = { startedAt: now, lines: 0, suppressed: 0 };
      windows.set(error.code, window);
    }
    if (now - window.startedAt > SECOND_MS) {
      if (window.suppressed > 0)
        log.warn({ code: error.code, suppressed: window.suppressed }, 'more failures of this kind');
      window.startedAt = now;
      window.lines = 0;
      window.suppressed = 0;
    }
    if (++window.lines > LINES_PER_SECOND_MAX) {
      window.suppressed++;
      return;
    }
    const { id, requestId, route, target } = exchange;
    const line = {
      code: error.code,
      id,
      ...(requestId === id ? {} : { requestId }),
      route,
      upstream: target?.item.upstream,
      model: target?.item.model,
      ...(error.cause === undefined ? {} : { err: error.cause }),
    };
    if (error.code === 'internal') log.error(line, error.message);
    else log.warn(line, error.message);
  };
}

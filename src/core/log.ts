import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

/** What may be told of an error. Others of its fields can hold what went over the wire: prompts, answers, keys. */
function tell(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  return {
    type: name,
    ...(code === undefined ? {} : { code }),
    message,
    stack,
    ...(cause === undefined ? {} : { cause: tell(cause) }),
  };
}

/** JSON lines on standard output, written synchronously: what was logged before a crash is there. */
export function createLog(
  level: string,
  name: string,
  destination: DestinationStream = pino.destination({ sync: true }),
): Logger {
  return pino({ level, name, base: { name, pid: process.pid }, serializers: { err: tell } }, destination);
}

import { type Logger, pino } from 'pino';

export type { Logger };

/** JSON lines on standard output, written synchronously: what was logged before a crash is there. */
export function createLog(level: string, name: string): Logger {
  return pino({ level, name, base: { name, pid: process.pid } }, pino.destination({ sync: true }));
}

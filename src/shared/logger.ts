import { pino, stdTimeFunctions } from 'pino';
import type { Logger } from 'pino';

export type { Logger } from 'pino';

/**
 * One JSON line an event on standard output. Never pass a message body or a token: `redact` catches the names they
 * usually travel under, not every name.
 */
export function createLogger(level: string): Logger {
  return pino({
    level,
    base: { pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: ['token', 'authorization', 'req.headers.authorization'], remove: true },
    errorKey: 'error',
  });
}

import { isatty } from 'node:tty';
import { pino, stdTimeFunctions } from 'pino';
import type { Logger } from 'pino';

export type { Logger } from 'pino';

/** Where a person reads along. By the descriptor, which threads share; loaded where it is needed alone. */
const pretty = isatty(1) ? (await import('pino-pretty')).default : undefined;

/**
 * One JSON line an event on standard output; on a terminal, lines for people. Never pass a message body or a token:
 * `redact` catches the names they usually travel under, not every name.
 */
export function createLogger(level: string): Logger {
  const options = {
    level,
    base: { pid: process.pid },
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: ['token', 'authorization', 'req.headers.authorization'], remove: true },
    errorKey: 'error',
  };
  return pretty === undefined ? pino(options) : pino(options, pretty(forPeople));
}

const forPeople = {
  destination: 1,
  sync: true,
  ignore: 'pid',
  translateTime: 'SYS:HH:MM:ss.l',
  errorLikeObjectKeys: ['error'],
  singleLine: true,
};

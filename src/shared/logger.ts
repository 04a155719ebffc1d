import { isatty } from 'node:tty';
import { pino, stdTimeFunctions } from 'pino';
import type { Logger } from 'pino';
import { LogOutput, unblockedStdout } from './log-output.ts';

export type { Logger } from 'pino';

/** Where a person reads along. By the descriptor, which threads share; loaded where it is needed alone. */
const pretty = isatty(1) ? (await import('pino-pretty')).prettyFactory : undefined;

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
  const format = pretty?.(forPeople) ?? ((line: string) => line);
  const stream = {
    write: (line: string) => output?.write(format(line)),
    flush: (done: () => void) => output?.flush(done),
  };
  const logger: Logger = pino(options, stream);
  output ??= new LogOutput(unblockedStdout(), (dropped) => {
    logger.warn({ component: 'log', dropped }, 'lines of this log were dropped: there was no room for them');
  });
  return logger;
}

/** Of all loggers of this thread. */
let output: LogOutput | undefined;

/** Lines of the log that this thread has dropped so far. */
export function droppedLines(): number {
  return output?.dropped ?? 0;
}

const forPeople = {
  ignore: 'pid',
  translateTime: 'SYS:HH:MM:ss.l',
  errorLikeObjectKeys: ['error'],
  singleLine: true,
};

import { setTimeout as passed } from 'node:timers/promises';
import type { Logger } from '../shared/logger.ts';
import { onEndWish } from './end-wish.ts';

/** Longest an orderly end may take beyond the drain time, in milliseconds; then the process ends anyway. */
const graceMs = 20_000;
/** What is still being opened has so long to notice that the process ends, in milliseconds. */
const unwindMs = 1_000;

/** Thrown where something was opened while the process ends. */
class EndingError extends Error {
  constructor() {
    super('the process ends');
    this.name = 'EndingError';
  }
}

/** What was opened is closed, in the reverse order, once. */
export interface Lifecycle {
  /** Notes how to close what was just opened. Throws `EndingError` where the process ends: nothing more is opened. */
  defer(name: string, close: () => Promise<void> | void): void;
  /** Waits for what opens everything; an end that comes amid it waits a moment for it to notice. */
  begin<T>(opening: Promise<T>): Promise<T>;
  /** Ends the process: closes everything, then exits with this code. */
  end(reason: string, code: number): Promise<void>;
  /** True from the first `end` on. */
  readonly ending: boolean;
}

/**
 * Ends the process on SIGTERM, SIGINT and SIGHUP with exit 0 (a second one, a second later, does not wait), and on
 * anything that nobody caught with exit 1: a state that was not foreseen is not gone on with.
 */
export function createLifecycle(logger: Logger, drainMs: number): Lifecycle {
  const closers: { name: string; close: () => Promise<void> | void }[] = [];
  let begun: Promise<unknown> = Promise.resolve();
  let ending: Promise<void> | undefined;

  async function closeAll(reason: string, code: number): Promise<void> {
    logger.info({ reason }, 'ending');
    // Node ends by itself where nothing is left to wait for: something that never closes is then no orderly end.
    process.exitCode = 1;
    setTimeout(() => {
      logger.error('not everything closed in time');
      process.exit(1);
    }, drainMs + graceMs).unref();
    await Promise.race([begun.catch(() => undefined), passed(unwindMs)]);
    let failed = false;
    for (let closer = closers.pop(); closer !== undefined; closer = closers.pop()) {
      try {
        await closer.close();
      } catch (error) {
        failed = true;
        logger.error({ component: closer.name, error }, 'could not be closed');
      }
    }
    logger.info('ended');
    await new Promise<void>((done) => logger.flush(() => done()));
    process.exit(failed ? 1 : code);
  }

  function end(reason: string, code: number): Promise<void> {
    ending ??= closeAll(reason, code);
    return ending;
  }

  onEndWish((signal) => void end(signal, 0));
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      logger.fatal({ error }, event);
      void end(event, 1);
    });
  }
  return {
    defer(name, close) {
      closers.push({ name, close });
      if (ending !== undefined) throw new EndingError();
    },
    begin(opening) {
      begun = opening;
      return opening;
    },
    end,
    get ending() {
      return ending !== undefined;
    },
  };
}

import type { Logger } from '../shared/logger.ts';

/** Longest an orderly end may take beyond the drain time, in milliseconds; then the process ends anyway. */
const graceMs = 20_000;

/** What was opened is closed, in the reverse order, once. */
export interface Lifecycle {
  /** Notes how to close what was just opened. */
  defer(name: string, close: () => Promise<void> | void): void;
  /** Ends the process: closes everything, then exits with this code. */
  end(reason: string, code: number): Promise<void>;
  /** True from the first `end` on. */
  readonly ending: boolean;
}

/**
 * Ends the process on SIGTERM and SIGINT with exit 0 (a second signal does not wait), and on anything that nobody
 * caught with exit 1: a state that was not foreseen is not gone on with.
 */
export function createLifecycle(logger: Logger, drainMs: number): Lifecycle {
  const closers: { name: string; close: () => Promise<void> | void }[] = [];
  let ending: Promise<void> | undefined;

  async function closeAll(reason: string, code: number): Promise<void> {
    logger.info({ reason }, 'ending');
    // Node ends by itself where nothing is left to wait for: something that never closes is then no orderly end.
    process.exitCode = 1;
    setTimeout(() => {
      logger.error('not everything closed in time');
      process.exit(1);
    }, drainMs + graceMs).unref();
    let failed = false;
    for (const { name, close } of closers.reverse()) {
      try {
        await close();
      } catch (error) {
        failed = true;
        logger.error({ component: name, error }, 'could not be closed');
      }
    }
    logger.info('ended');
    process.exit(failed ? 1 : code);
  }

  function end(reason: string, code: number): Promise<void> {
    ending ??= closeAll(reason, code);
    return ending;
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (ending !== undefined) process.exit(1);
      void end(signal, 0);
    });
  }
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      logger.fatal({ error }, event);
      void end(event, 1);
    });
  }
  return {
    defer: (name, close) => void closers.push({ name, close }),
    end,
    get ending() {
      return ending !== undefined;
    },
  };
}

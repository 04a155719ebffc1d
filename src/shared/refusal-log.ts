import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import { createRateLimits } from './rate-limits.ts';

/** Whom a refusal is about. */
export interface Refused {
  readonly user?: string | undefined;
  readonly address?: string | undefined;
}

/** Tells the operator whom this process turned away, and why. */
export type RefusalLog = (reason: string, about: Refused) => void;

/** Lines a second and reason: whoever knocks without end must not fill a disk. */
const linesPerSecond = 10;

/** All of them are counted by reason; of each reason at most ten lines a second are written. */
export function createRefusalLog(logger: Logger, metrics: Pick<Metrics, 'refusals'>): RefusalLog {
  const lines = createRateLimits(linesPerSecond);
  let untold = 0;
  return (reason, { user, address }) => {
    metrics.refusals.inc({ reason });
    if (lines.take(reason) > 0) {
      untold += 1;
      return;
    }
    logger.info({ component: 'door', reason, user, address, ...(untold > 0 && { untold }) }, 'turned away');
    untold = 0;
  };
}

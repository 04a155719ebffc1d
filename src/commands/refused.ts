import { rateLimited } from '../shared/errors.ts';
import type { Metrics } from '../shared/metrics.ts';
import type { RateLimits } from '../shared/rate-limits.ts';
import { toCommandError } from './command-error.ts';

/** A command that was refused before it was in flight: counted all the same. */
export function refused(metrics: Pick<Metrics, 'commands'>, kind: string, error: unknown): Promise<never> {
  const reason = toCommandError(error);
  metrics.commands.inc({ kind, outcome: reason.code });
  return Promise.reject(reason);
}

/** Counts one command of the user; those of each kind by themselves. Throws `RATE_LIMITED`. */
export function takeRate(rates: RateLimits, kind: string, user: string): void {
  if (!rates.on) return;
  const wait = rates.take(`${kind} ${user}`);
  if (wait > 0) throw rateLimited(`too many commands a second (${kind})`, wait);
}

import { LRUCache } from 'lru-cache';
import { WeiliaoError } from '../shared/errors.ts';

/** Counts one send of the user. Throws `RATE_LIMITED` where that is one too many; `now` in epoch milliseconds. */
export type RateLimit = (user: string, now: number) => void;

/** Users whose bucket is kept; one that is forgotten starts full. */
const knownUsers = 100_000;

/** A token bucket a user: `perSecond` sends a second, as many at once. 0: no limit. */
export function createRateLimit(perSecond: number): RateLimit {
  if (perSecond === 0) return () => undefined;
  const buckets = new LRUCache<string, { tokens: number; at: number }>({ max: knownUsers });
  return (user, now) => {
    const bucket = buckets.get(user) ?? { tokens: perSecond, at: now };
    bucket.tokens = Math.min(perSecond, bucket.tokens + (Math.max(0, now - bucket.at) * perSecond) / 1_000);
    bucket.at = now;
    buckets.set(user, bucket);
    if (bucket.tokens < 1) throw new WeiliaoError('RATE_LIMITED', `more than ${perSecond} sends a second`);
    bucket.tokens -= 1;
  };
}

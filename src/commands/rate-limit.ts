import { LRUCache } from 'lru-cache';

/** True: the user may send now, and has one send less this second. */
export type RateLimit = (user: string, now: number) => boolean;

/** Users whose bucket is kept; one that is forgotten starts full. */
const knownUsers = 100_000;

/** A token bucket a user: `perSecond` sends a second, as many at once. 0: no limit. */
export function createRateLimit(perSecond: number): RateLimit {
  if (perSecond === 0) return () => true;
  const buckets = new LRUCache<string, { tokens: number; at: number }>({ max: knownUsers });
  return (user, now) => {
    const bucket = buckets.get(user) ?? { tokens: perSecond, at: now };
    bucket.tokens = Math.min(perSecond, bucket.tokens + (Math.max(0, now - bucket.at) * perSecond) / 1_000);
    bucket.at = now;
    buckets.set(user, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  };
}

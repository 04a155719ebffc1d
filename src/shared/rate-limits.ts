import { TokenBucket } from 'limiter';
import { LRUCache } from 'lru-cache';

/** How often something may be done, for each key apart: users, addresses, callers. */
export interface RateLimits {
  /** False: nothing is ever refused, so no key need be made. */
  readonly on: boolean;
  /** Counts one. 0: it may be done; else milliseconds until one may be again. */
  take(key: string): number;
  /** The same without counting. */
  wait(key: string): number;
}

/** Keys whose bucket is kept; one that is forgotten starts full. */
const knownKeys = 100_000;

/** A token bucket a key: `count` in `intervalMs`, as many at once. `count` 0: no limit. */
export function createRateLimits(count: number, intervalMs = 1_000): RateLimits {
  if (count === 0) return { on: false, take: () => 0, wait: () => 0 };
  const buckets = new LRUCache<string, TokenBucket>({ max: knownKeys });

  function bucketOf(key: string): TokenBucket {
    const known = buckets.get(key);
    if (known !== undefined) return known;
    const bucket = new TokenBucket({ bucketSize: count, tokensPerInterval: count, interval: intervalMs });
    bucket.content = count;
    buckets.set(key, bucket);
    return bucket;
  }

  function wait(key: string): number {
    const bucket = buckets.get(key);
    bucket?.drip();
    return bucket === undefined || bucket.content >= 1 ? 0 : Math.max(1, Math.ceil(bucket.getWaitTime(1)));
  }

  return { on: true, take: (key) => (bucketOf(key).tryRemoveTokens(1) ? 0 : wait(key)), wait };
}

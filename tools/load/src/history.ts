import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { directConversationId } from 'weiliao/tooling';
import type { LoadOptions } from './options.ts';
import type { Party } from './party.ts';

const pageSchema = z.object({ lastSeq: z.number() });

/** Milliseconds between looks at a history that has not caught up. */
const pauseMs = 100;

/**
 * How many conversations' histories end before the newest message that was acked, once the grace period is over.
 * Null where no REST side was named.
 */
export async function countHistoriesBehind(options: LoadOptions, parties: readonly Party[]): Promise<number | null> {
  const { httpUrl } = options;
  if (httpUrl === undefined) return null;
  const deadline = performance.now() + options.grace * 1000;
  let behind = 0;
  for (let index = 0; index + 1 < parties.length; index += 2) {
    const [one, other] = [parties[index], parties[index + 1]];
    if (one === undefined || other === undefined) break;
    const wanted = Math.max(one.highestSeq, other.highestSeq);
    const conversation = encodeURIComponent(directConversationId(one.user, other.user));
    const url = new URL(`/v1/conversations/${conversation}/messages?limit=1`, httpUrl);
    if (!(await reaches({ url, user: one.user, wanted, deadline }))) behind += 1;
  }
  return behind;
}

interface Reach {
  /** Of the history's newest message. */
  readonly url: URL;
  /** Who asks. */
  readonly user: string;
  /** Seq. */
  readonly wanted: number;
  /** By the monotonic clock. */
  readonly deadline: number;
}

async function reaches({ url, user, wanted, deadline }: Reach): Promise<boolean> {
  while (wanted > 0) {
    const response = await fetch(url, { headers: { 'X-User-Id': user } });
    const page = pageSchema.safeParse(await response.json().catch(() => undefined));
    if (page.success && page.data.lastSeq >= wanted) return true;
    if (performance.now() >= deadline) return false;
    await delay(pauseMs);
  }
  return true;
}

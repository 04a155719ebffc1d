import { LRUCache } from 'lru-cache';
import type { Logger } from '../shared/logger.ts';

/** Milliseconds between two lines about one conversation: clients may go on trying. */
const tellEvery = 60_000;

/** Tells operators of conversations on which commands were refused as damaged, each now and then. */
export function tellDamage(logger: Logger): (conversation: string, reason: unknown) => void {
  const told = new LRUCache<string, true>({ max: 10_000, ttl: tellEvery });
  return (conversation, reason) => {
    if (told.has(conversation)) return;
    told.set(conversation, true);
    logger.error({ component: 'commands', conversation, error: reason }, 'conversation damaged');
  };
}

import { LRUCache } from 'lru-cache';
import type { DamageDocument } from '../read-model/documents.ts';
import type { DamageQueries } from '../read-model/read-model.ts';
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

/** What stands still, as last seen. */
export interface DamageWatch {
  readonly damages: readonly DamageDocument[];
  stop(): void;
}

/** Milliseconds between two looks. */
const lookEvery = 2_000;
/** Streams that are counted, at most. */
const mostCounted = 10_000;

/** Looks at what stands still in the read model, now and then. While that does not answer, what was seen last counts. */
export function watchDamages(readModel: Pick<DamageQueries, 'damages'>, onLook: (count: number) => void): DamageWatch {
  let damages: readonly DamageDocument[] = [];
  let asking = false;
  async function look(): Promise<void> {
    if (asking) return;
    asking = true;
    damages = await readModel.damages(mostCounted).catch(() => damages);
    asking = false;
    onLook(damages.length);
  }
  const timer = setInterval(() => void look(), lookEvery);
  void look();
  return {
    get damages() {
      return damages;
    },
    stop: () => clearInterval(timer),
  };
}

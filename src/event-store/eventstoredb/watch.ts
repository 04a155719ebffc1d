import { collect } from './collect.ts';
import type { Link } from './links.ts';
import { streamRequest } from './read-request.ts';

/** Milliseconds without a sign of life after which one is asked for, and for how long it is waited for. */
const quietFor = 2_000;
const answerWithin = 4_000;

/** Any answer does, also that there is no such stream. */
const anything = streamRequest('weiliao-sign-of-life', { direction: 'backwards', maxCount: 1 });

/**
 * Watches over a link for a subscription that only waits: a frozen server, or one behind a broken path, keeps its
 * connections, and gRPC's keepalive notices after 20 s only. The link is then dropped. Returns what ends the watch.
 */
export function watchLink(link: Link): () => void {
  let asking = false;
  const timer = setInterval(() => {
    if (asking || performance.now() - link.heardAt < quietFor) return;
    asking = true;
    collect(link, anything, { withinMs: answerWithin, most: 1 })
      .catch(() => undefined)
      .finally(() => {
        asking = false;
      });
  }, quietFor / 3);
  return () => clearInterval(timer);
}

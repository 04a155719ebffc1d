import type { EventBatch, RecordedEvent, SubscribeOptions } from '../event-store.ts';
import { openRead } from './collect.ts';
import { createInbox } from './inbox.ts';
import type { Links } from './links.ts';
import type { ReadAnswer } from './read-frames.ts';
import { subscriptionRequest } from './read-request.ts';

const defaultBatch = 1_000;

/**
 * The log from a position on, read no further ahead than gRPC's own small buffers: beyond them the server waits. An
 * empty batch tells once that nothing more is there.
 */
export async function* followLog(links: Links, options: SubscribeOptions): AsyncGenerator<EventBatch> {
  const { after, prefixes, signal, maxBatch: most = defaultBatch } = options;
  if (signal.aborted) return;
  const link = links.current();
  const open = (): ReturnType<typeof openRead> => openRead(link, subscriptionRequest(after, prefixes));
  const inbox = createInbox<ReadAnswer>(open, { link, signal, most });
  let caughtUp = false;
  let told = false;
  try {
    while (await inbox.wait()) {
      const { items, more } = inbox.take();
      const events = eventsOf(items);
      caughtUp = items.findLast((answer) => answer.caughtUp !== undefined)?.caughtUp ?? caughtUp;
      const all = caughtUp && !more;
      if (events.length === 0 && (told || !all)) continue;
      told = all;
      yield { events, caughtUp: all };
    }
  } finally {
    inbox.end();
  }
}

function eventsOf(answers: readonly ReadAnswer[]): RecordedEvent[] {
  const events: RecordedEvent[] = [];
  for (const { event } of answers) if (event !== undefined) events.push(event);
  return events;
}
